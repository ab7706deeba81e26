#include "decode/domains.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace nmflowtool {
namespace {

// With its place in the list, and what its template's row in the domain may take.
std::size_t cost_of(const WaitingSet& set) {
    return sizeof(WaitingSet) + 80 + set.bytes.size();
}

std::string hex_of(nm::Bytes bytes) {
    constexpr std::size_t longest = 32;
    std::string text;
    nm::append_hex(text, bytes.first(std::min(bytes.size(), longest)));
    return text;
}

}  // namespace

void note_fault(nm::FlowStats& stats, nm::FlowFault kind, nm::Bytes bytes) {
    const auto known = std::ranges::find(stats.errors, kind, &nm::FlowError::kind);
    if (known != stats.errors.end())
        ++known->count;
    else
        stats.errors.push_back({kind, 1, hex_of(bytes)});
}

void add_stats(nm::FlowStats& sum, const nm::FlowStats& stats) {
    nm::for_each_field<nm::FlowStats>([&](auto, const auto& field) {
        if constexpr (std::is_same_v<decltype(sum.*(field.member)), std::uint64_t&>) {
            sum.*(field.member) += stats.*(field.member);
        }
        if constexpr (std::is_same_v<decltype(sum.*(field.member)), std::optional<std::uint64_t>&>) {
            const auto& added = stats.*(field.member);
            if (added) sum.*(field.member) = (sum.*(field.member)).value_or(0) + *added;
        }
    });
    for (const nm::FlowError& error : stats.errors) {
        const auto known = std::ranges::find(sum.errors, error.kind, &nm::FlowError::kind);
        if (known != sum.errors.end())
            known->count += error.count;
        else
            sum.errors.push_back(error);
    }
}

Domain& DomainTable::get(const DomainKey& key) {
    if (last_ && last_->key == key) return *last_;
    auto found = domains_.find(key);
    if (found == domains_.end()) {
        while (domains_.size() >= limits_.domains) evict_one();
        found = domains_.try_emplace(key).first;
        Domain& fresh = found->second;
        fresh.key = key;
        open_books(fresh);
        unproven_.push_front(&fresh);
        fresh.place = unproven_.begin();
    }
    last_ = &found->second;
    std::list<Domain*>& list = last_->is_proven ? proven_ : unproven_;
    list.splice(list.begin(), list, last_->place);
    return *last_;
}

void DomainTable::open_books(Domain& domain) const {
    domain.stats = {};
    domain.stats.protocol = domain.key.protocol;
    domain.stats.exporter = domain.key.exporter;
    if (domain.key.port != 0) domain.stats.exporter_port = domain.key.port;
    domain.stats.obs_domain = domain.key.id;
    if (keeps_names_) domain.stats.names = domain.stats.names_refused = 0;
}

void DomainTable::forget_names(Domain& domain) {
    names_ -= domain.names.size();
    domain.names = {};
}

void DomainTable::forget_options(Domain& domain) {
    forget_names(domain);
    domain.sampler_rates.clear();
    domain.interface_rates.clear();
    domain.sampling_rate.reset();
}

void DomainTable::adopt_names(Domain& domain, ExporterNames names) {
    forget_names(domain);
    if (names_ + names.size() > limits_.names) return;
    domain.names = std::move(names);
    names_ += domain.names.size();
}

void DomainTable::prove(Domain& domain) {
    if (domain.is_proven) return;
    domain.is_proven = true;
    proven_.splice(proven_.begin(), unproven_, domain.place);
}

void DomainTable::evict_one() {
    std::list<Domain*>& list = unproven_.empty() ? proven_ : unproven_;
    Domain& victim = *list.back();
    give_up_waiting(victim);
    forget_templates(victim);
    forget_names(victim);
    nm::FlowStats& sum = evicted_[static_cast<std::size_t>(victim.key.protocol)];
    add_stats(sum, victim.stats);
    sum.protocol = victim.key.protocol;
    sum.evicted = sum.evicted.value_or(0) + 1;
    sample_sources_ -= victim.sample_sources.size();
    if (last_ == &victim) last_ = nullptr;
    list.pop_back();
    domains_.erase(DomainKey(victim.key));
}

bool DomainTable::learn(Domain& domain, std::uint16_t id, Template fresh) {
    const auto old = domain.templates.find(id);
    if (old != domain.templates.end()) {
        if (old->second.same_layout(fresh)) return true;
        ++domain.stats.template_redefinitions;
        template_fields_ -= old->second.fields().size();
    } else if (domain.templates.size() >= limits_.templates_per_domain) {
        return false;
    }
    template_fields_ += fresh.fields().size();
    domain.templates.insert_or_assign(id, std::move(fresh));
    const auto withdrawn = std::ranges::lower_bound(domain.withdrawn, id);
    if (withdrawn != domain.withdrawn.end() && *withdrawn == id) domain.withdrawn.erase(withdrawn);
    ++domain.stats.templates;
    // Others give way; the domain that just spoke is the last to go.
    while (template_fields_ > limits_.template_fields && domains_.size() > 1) {
        const std::list<Domain*>& list = unproven_.empty() ? proven_ : unproven_;
        if (list.back() == &domain) break;
        evict_one();
    }
    return true;
}

bool DomainTable::forget_template(Domain& domain, std::uint16_t id) {
    const auto old = domain.templates.find(id);
    if (old == domain.templates.end()) return false;
    template_fields_ -= old->second.fields().size();
    domain.templates.erase(old);
    return true;
}

void DomainTable::withdraw(Domain& domain, std::uint16_t id) {
    if (!forget_template(domain, id)) return;
    ++domain.stats.template_withdrawals;
    if (domain.withdrawn.size() >= limits_.templates_per_domain) return;
    domain.withdrawn.insert(std::ranges::lower_bound(domain.withdrawn, id), id);
}

void DomainTable::withdraw_all(Domain& domain, bool are_options) {
    std::vector<std::uint16_t> ids;
    for (const auto& [id, known] : domain.templates) {
        if (known.is_options() == are_options) ids.push_back(id);
    }
    for (const std::uint16_t id : ids) withdraw(domain, id);
}

void DomainTable::forget_templates(Domain& domain) {
    for (const auto& [id, known] : domain.templates) template_fields_ -= known.fields().size();
    domain.templates.clear();
}

void DomainTable::book_unread(Domain& domain, nm::Bytes set) {
    ++domain.stats.sets_no_template;
    note_fault(domain.stats, nm::FlowFault::set_no_template, set);
}

WaitingSets::iterator DomainTable::stop_waiting(WaitingSets::iterator set) {
    const WaitingSets::iterator next = set->next;
    waiting_bytes_ -= cost_of(*set);
    waiting_.erase(set);
    return next;
}

void DomainTable::drop_oldest_waiting() {
    const WaitingSets::iterator oldest = waiting_.begin();
    Domain& domain = *oldest->domain;
    const auto waiters = domain.waiting.find(oldest->template_id);
    book_unread(domain, oldest->bytes);
    waiters->second.first = stop_waiting(oldest);
    if (--waiters->second.count == 0) domain.waiting.erase(waiters);
}

void DomainTable::wait(Domain& domain, std::uint16_t template_id, const ExportClock& clock, nm::Time ts,
                       nm::Bytes bytes) {
    if (std::ranges::binary_search(domain.withdrawn, template_id)) {
        book_unread(domain, bytes);
        return;
    }
    ++domain.stats.sets_waited;
    waiting_.push_back({&domain, template_id, clock, ts, {bytes.begin(), bytes.end()}, waiting_.end()});
    const WaitingSets::iterator set = std::prev(waiting_.end());
    waiting_bytes_ += cost_of(*set);
    Waiters& waiters = domain.waiting[template_id];
    if (waiters.count++ == 0)
        waiters.first = set;
    else
        waiters.last->next = set;
    waiters.last = set;
    while (waiting_bytes_ > limits_.waiting_bytes) drop_oldest_waiting();
}

void DomainTable::take_waiting(Domain& domain, std::uint16_t template_id, std::vector<WaitingSet>& out) {
    const auto waiters = domain.waiting.find(template_id);
    if (waiters == domain.waiting.end()) return;
    WaitingSets::iterator set = waiters->second.first;
    for (std::size_t i = 0; i < waiters->second.count; ++i) {
        out.push_back(*set);
        set = stop_waiting(set);
    }
    domain.stats.sets_recovered += waiters->second.count;
    domain.waiting.erase(waiters);
}

SampleSource* DomainTable::sample_source(Domain& domain, std::uint64_t key) {
    if (domain.last_source != nullptr && domain.last_source_key == key) return domain.last_source;
    auto found = domain.sample_sources.find(key);
    if (found == domain.sample_sources.end()) {
        if (sample_sources_ >= limits_.sample_sources) return nullptr;
        ++sample_sources_;
        found = domain.sample_sources.try_emplace(key).first;
    }
    domain.last_source_key = key;
    domain.last_source = &found->second;
    return domain.last_source;
}

void DomainTable::give_up_waiting(Domain& domain) {
    for (const auto& [id, waiters] : domain.waiting) {
        WaitingSets::iterator set = waiters.first;
        for (std::size_t i = 0; i < waiters.count; ++i) {
            book_unread(domain, set->bytes);
            set = stop_waiting(set);
        }
    }
    domain.waiting.clear();
}

void DomainTable::give_up_waiting() {
    while (!waiting_.empty()) drop_oldest_waiting();
}

std::vector<const Domain*> DomainTable::sorted() const {
    std::vector<const Domain*> order;
    order.reserve(domains_.size());
    for (const auto& [key, domain] : domains_) order.push_back(&domain);
    std::ranges::sort(order, {}, [](const Domain* domain) {
        return std::tuple(domain->key.protocol, domain->key.exporter, domain->key.port, domain->key.id);
    });
    return order;
}

}  // namespace nmflowtool
