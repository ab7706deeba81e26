// Numbers that nobody can guess, and a mixer that spreads keyed ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nm {

// From the kernel. Cannot fail on any kernel since 3.17 once it has booted; aborts if it does.
void fill_random(void* out, std::size_t size);

template <class Number>
Number random_number() {
    Number number{};
    fill_random(&number, sizeof number);
    return number;
}

// The finalizer of splitmix64: a bijection in which every bit of x reaches every bit of the result.
constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

}  // namespace nm
