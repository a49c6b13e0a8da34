#include "redis/reply.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>

static_assert(HIREDIS_MAJOR >= 1, "hiredis 1.0 or newer is needed; scripts/setup builds it");

namespace holdfast {
namespace {

constexpr size_t most_bytes = 4 << 20;
/// Elements have a limit of their own, because an element takes more memory than its bytes.
constexpr size_t most_elements = 1 << 16;
constexpr int deepest = 8;
constexpr const char* too_much = "it sent more than any answer holds";

// hiredis calls these functions for each element of a reply in turn, a list before its items; place_list() has made
// room for the items in the list. A null result refuses the whole reply.

Reply* place(const redisReadTask* task, Reply::Type type) {
    Reply* reply = task->parent == nullptr
                       ? new Reply
                       : &static_cast<Reply*>(task->parent->obj)->items[static_cast<size_t>(task->idx)];
    reply->type = type;
    return reply;
}

void* place_text(const redisReadTask* task, char* text, size_t size) {
    Reply* reply = place(task, task->type == REDIS_REPLY_ERROR ? Reply::Type::error : Reply::Type::text);
    const std::string_view whole{text, size};
    constexpr size_t kind = 4; // "txt:"
    reply->text = task->type == REDIS_REPLY_VERB ? whole.substr(kind) : whole;
    return reply;
}

void* place_list(const redisReadTask* task, size_t elements) {
    int depth = 0;
    for (const redisReadTask* outer = task->parent; outer != nullptr; outer = outer->parent) ++depth;
    auto& left = *static_cast<size_t*>(task->privdata);
    if (depth >= deepest || elements > left) return nullptr;
    left -= elements;
    Reply* reply = place(task, task->type == REDIS_REPLY_PUSH ? Reply::Type::push : Reply::Type::list);
    reply->items.resize(elements);
    return reply;
}

void* place_integer(const redisReadTask* task, long long value) {
    Reply* reply = place(task, Reply::Type::integer);
    reply->integer = value;
    return reply;
}

void* place_double(const redisReadTask* task, double, char* text, size_t size) { return place_text(task, text, size); }
void* place_bool(const redisReadTask* task, int value) { return place_integer(task, value); }
void* place_nil(const redisReadTask* task) { return place(task, Reply::Type::nil); }
void discard(void* root) { delete static_cast<Reply*>(root); }

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

std::string_view Reply::field(std::string_view key) const {
    const Reply* value = find(key);
    return value == nullptr ? std::string_view{} : value->text;
}

int64_t Reply::count(std::string_view key) const {
    constexpr int64_t largest = int64_t{1} << 40;
    const Reply* value = find(key);
    return value == nullptr ? 0 : std::clamp(value->number(), int64_t{0}, largest);
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : elements_left_{std::make_unique<size_t>(most_elements)} {
    static redisReplyObjectFunctions places{.createString = place_text,
                                            .createArray = place_list,
                                            .createInteger = place_integer,
                                            .createDouble = place_double,
                                            .createNil = place_nil,
                                            .createBool = place_bool,
                                            .freeObject = discard};
    reader_.reset(redisReaderCreateWithFunctions(&places));
    if (!reader_) throw std::bad_alloc{};
    reader_->privdata = elements_left_.get();
}

void ReplyReader::expect() {
    bytes_ = 0;
    *elements_left_ = most_elements;
}

void ReplyReader::feed(std::string_view bytes) {
    bytes_ += bytes.size();
    if (bytes_ > most_bytes) broken_ = too_much;
    else if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) broken_ = reader_->errstr;
}

std::optional<Reply> ReplyReader::next() {
    if (!broken_.empty()) return {};
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
        broken_ = reader_->err == REDIS_ERR_OOM ? too_much : reader_->errstr;
    if (raw == nullptr) return {};
    const std::unique_ptr<Reply> root{static_cast<Reply*>(raw)};
    return std::move(*root);
}

} // namespace holdfast
