// A targets file: whatever it holds, it gives targets or a UserError with a place, and nothing else; and the
// fast reader of plain files says what libyaml says.
#include <cstdlib>
#include <string>

#include "base/result.hpp"
#include "probe/plain_yaml.hpp"
#include "probe/targets.hpp"

namespace {

void compare_events(const std::string& text) {
    if (!nm::PlainYaml::fits(text)) return;
    nm::PlainYaml plain(text);
    const auto any = nm::read_any_yaml(text, "f");
    while (true) {
        const nm::YamlEvent& ours = plain.next();
        const nm::YamlEvent& theirs = any->next();
        if (ours.kind != theirs.kind || ours.text != theirs.text || ours.plain != theirs.plain) std::abort();
        if (!ours.text.empty() && ours.at.line != theirs.at.line) std::abort();
        if (ours.kind == nm::YamlEvent::Kind::nothing) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    compare_events(text);
    for (const nm::PortRule rule : {nm::PortRule::none, nm::PortRule::required}) {
        try {
            nm::TargetList list;
            nm::parse_targets_yaml(text, "f", rule, list);
            for (std::size_t i = 0; i < list.size(); ++i) {
                const bool port_fits = (rule == nm::PortRule::required) == (list[i].port != 0);
                if (list[i].host.empty() || !port_fits) std::abort();
            }
        } catch (const nm::UserError& error) {
            if (std::string(error.what()).empty()) std::abort();
        }
    }
    return 0;
}
