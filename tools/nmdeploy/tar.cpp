#include "tar.hpp"

#include <array>
#include <cstring>

namespace nmdeploy {
namespace {

constexpr std::size_t block = 512;

struct Header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char kind;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char unused[12];
};
static_assert(sizeof(Header) == block);

// Octal digits that fill the field but for its ending NUL.
template <std::size_t N>
void octal(char (&field)[N], std::size_t value) {
    for (std::size_t i = N - 1; i-- > 0; value /= 8) field[i] = static_cast<char>('0' + value % 8);
}

}  // namespace

bool TarWriter::add_header(std::string_view path, std::size_t size, unsigned mode, char kind) {
    Header header{};
    std::string_view name = path;
    if (path.size() > sizeof header.name) {
        const auto cut = path.find('/', path.size() - sizeof header.name - 1);
        if (cut == std::string_view::npos || cut > sizeof header.prefix) return false;
        std::memcpy(header.prefix, path.data(), cut);
        name = path.substr(cut + 1);
    }
    std::memcpy(header.name, name.data(), name.size());
    octal(header.mode, mode);
    octal(header.uid, 0);
    octal(header.gid, 0);
    octal(header.size, size);
    octal(header.mtime, 0);
    header.kind = kind;
    std::memcpy(header.magic, "ustar", 6);
    std::memcpy(header.version, "00", 2);
    // The checksum is the sum of all bytes with the checksum itself as spaces.
    std::memset(header.checksum, ' ', sizeof header.checksum);
    std::array<unsigned char, block> bytes;
    std::memcpy(bytes.data(), &header, block);
    unsigned sum = 0;
    for (const unsigned char byte : bytes) sum += byte;
    char digits[7]{};
    octal(digits, sum);
    std::memcpy(header.checksum, digits, sizeof digits);
    archive_.append(reinterpret_cast<const char*>(&header), block);
    return true;
}

bool TarWriter::add_file(std::string_view path, std::string_view bytes, unsigned mode) {
    if (!add_header(path, bytes.size(), mode, '0')) return false;
    archive_.append(bytes);
    archive_.append((block - bytes.size() % block) % block, '\0');
    return true;
}

bool TarWriter::add_directory(std::string_view path, unsigned mode) {
    return add_header(path, 0, mode, '5');
}

std::string TarWriter::finish() {
    archive_.append(2 * block, '\0');
    return std::move(archive_);
}

}  // namespace nmdeploy
