#include "base/text_buffer.hpp"

#include <array>
#include <cmath>

namespace nm {
namespace {

constexpr std::array<double, 7> power_of_ten{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

// The whole part of a scaled number. Divisors that are constants: a division by a variable would take as long
// as all the rest.
std::uint64_t split(std::uint64_t scaled, int decimals, std::uint64_t& fraction) {
    if (decimals == 3) {
        fraction = scaled % 1'000;
        return scaled / 1'000;
    }
    const auto unit = static_cast<std::uint64_t>(power_of_ten[static_cast<std::size_t>(decimals)]);
    fraction = scaled % unit;
    return scaled / unit;
}

// Drops zeros at the end of a fraction, then its point.
char* trim_fraction(char* end) {
    while (end[-1] == '0') --end;
    return end[-1] == '.' ? end - 1 : end;
}

}  // namespace

char* write_decimal(char* out, double value, int decimals) {
    const double scaled = std::abs(value) * power_of_ten[static_cast<std::size_t>(decimals)];
    if (scaled < 9e15) {  // exact as an integer: six times faster than to_chars on doubles
        auto whole = static_cast<std::uint64_t>(scaled);
        if (scaled - static_cast<double>(whole) >= 0.5) ++whole;
        if (value < 0 && whole > 0) *out++ = '-';
        std::uint64_t fraction = 0;
        out = write_integer(out, split(whole, decimals, fraction));
        if (fraction == 0) return out;
        *out = '.';
        if (decimals == 3) {
            out[1] = static_cast<char>('0' + fraction / 100);
            std::memcpy(out + 2, &digit_pairs[2 * (fraction % 100)], 2);
        } else {
            for (int i = decimals; i > 0; --i, fraction /= 10)
                out[i] = static_cast<char>('0' + fraction % 10);
        }
        return trim_fraction(out + decimals + 1);
    }
    // Written out, it would look like an integer above 2^53, which readers of JSON corrupt or refuse.
    return std::to_chars(out, out + number_text_size, value, std::chars_format::scientific).ptr;
}

}  // namespace nm
