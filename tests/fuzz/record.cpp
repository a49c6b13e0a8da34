#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "fuzz/targets.hpp"

void holdfast::fuzz::record(std::string_view input) {
    const Record record = Record::parse(std::string{input});
    require(record.value == input);
    require_printable(describe(record));
    require_printable(held_by(record, milliseconds{1000}));
    const Inspection seen = tally({{"node", NodeReply{Verdict::held, record.value, milliseconds{1000}}}});
    lock_text({"name", ""}, seen);
    lock_json({"name", ""}, seen).line();
}
