// A targets file: whatever it holds, it gives targets or a UserError with a place, and nothing else.
#include <cstdlib>
#include <string>

#include "probe/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
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
