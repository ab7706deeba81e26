// A targets file: whatever it holds, it gives targets or a UserError with a place, and nothing else.
#include <cstdlib>
#include <string>

#include "probe/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const nm::PortRule rule : {nm::PortRule::none, nm::PortRule::required}) {
        try {
            for (const nm::Target& target : nm::parse_targets_yaml(text, "f", rule)) {
                const bool port_fits = (rule == nm::PortRule::required) == (target.port != 0);
                if (target.host.empty() || !port_fits) std::abort();
            }
        } catch (const nm::UserError& error) {
            if (std::string(error.what()).empty()) std::abort();
        }
    }
    return 0;
}
