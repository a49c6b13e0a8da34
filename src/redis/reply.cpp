#include "redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <charconv>

static_assert(HIREDIS_MAJOR >= 1, "hiredis 1.0 or newer is needed; scripts/setup builds it");

namespace holdfast {
namespace {

constexpr size_t largest_reply_bytes = 16 << 20;
constexpr int64_t most_elements = 1 << 20;

Reply to_reply(const redisReply& raw) {
    Reply reply;
    switch (raw.type) {
    case REDIS_REPLY_ERROR: reply.type = Reply::Type::error; break;
    case REDIS_REPLY_INTEGER:
    case REDIS_REPLY_BOOL:
        reply.type = Reply::Type::integer;
        reply.integer = raw.integer;
        return reply;
    case REDIS_REPLY_NIL: return reply;
    case REDIS_REPLY_ARRAY:
    case REDIS_REPLY_MAP:
    case REDIS_REPLY_SET:
    case REDIS_REPLY_ATTR: reply.type = Reply::Type::list; break;
    case REDIS_REPLY_PUSH: reply.type = Reply::Type::push; break;
    default: reply.type = Reply::Type::text; break;
    }
    if (raw.str != nullptr) reply.text.assign(raw.str, raw.len);
    reply.items.reserve(raw.elements);
    for (size_t i = 0; i < raw.elements; ++i)
        if (raw.element[i] != nullptr) reply.items.push_back(to_reply(*raw.element[i]));
    return reply;
}

} // namespace

bool Reply::is_error(std::string_view code) const {
    return type == Type::error && text.starts_with(code) && (text.size() == code.size() || text[code.size()] == ' ');
}

int64_t Reply::number() const {
    if (type == Type::integer) return integer;
    constexpr double counted = 9e15;
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value >= -counted && value <= counted ? static_cast<int64_t>(value) : 0;
}

const Reply* Reply::find(std::string_view key) const {
    for (size_t i = 0; i + 1 < items.size(); i += 2)
        if (items[i].text == key) return &items[i + 1];
    return nullptr;
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_{redisReaderCreate()} {
    if (!reader_) throw std::bad_alloc{};
    reader_->maxelements = most_elements;
}

void ReplyReader::feed(std::string_view bytes) {
    bytes_of_reply_ += bytes.size();
    if (bytes_of_reply_ > largest_reply_bytes) broken_ = "it sent more than any answer holds";
    else if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) broken_ = reader_->errstr;
}

std::optional<Reply> ReplyReader::next() {
    if (!broken_.empty()) return {};
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) broken_ = reader_->errstr;
    if (raw == nullptr) return {};
    bytes_of_reply_ = 0;
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owner{static_cast<redisReply*>(raw),
                                                                        &freeReplyObject};
    return to_reply(*owner);
}

} // namespace holdfast
