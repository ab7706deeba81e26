#include "decode/option_scope.hpp"

#include "decode/elements.hpp"

namespace nmflowtool {
namespace {

struct ScopeRow {
    std::uint16_t id;
    nm::OptionScope scope;
};
// IPFIX: by the element of the first scope field (IANA's registry).
constexpr ScopeRow scope_rows[] = {
    {10, nm::OptionScope::interface},
    {14, nm::OptionScope::interface},
    {48, nm::OptionScope::selector},
    {95, nm::OptionScope::application},
    {130, nm::OptionScope::system},
    {131, nm::OptionScope::system},
    {138, nm::OptionScope::observation_point},
    {141, nm::OptionScope::line_card},
    {143, nm::OptionScope::metering_process},
    {144, nm::OptionScope::exporting_process},
    {145, nm::OptionScope::template_},
    {149, nm::OptionScope::observation_domain},
    {234, nm::OptionScope::vrf},
    {302, nm::OptionScope::selector},
};

}  // namespace

nm::OptionScope scope_of(const TemplateField& field) {
    if (field.enterprise == scope_enterprise) {
        return field.id >= 1 && field.id <= 5 ? static_cast<nm::OptionScope>(field.id)
                                              : nm::OptionScope::unknown;
    }
    for (const ScopeRow& row : scope_rows) {
        if (field.enterprise == 0 && row.id == field.id) return row.scope;
    }
    return nm::OptionScope::unknown;
}

}  // namespace nmflowtool
