// An archive in memory in the ustar form (POSIX.1-1988, IEEE Std 1003.1 pax "ustar Interchange Format"), the
// same bytes for the same content: owner root, time 0. Proof: tests/unit/nmdeploy_tar_test.cpp (against tar).
#pragma once

#include <string>
#include <string_view>

namespace nmdeploy {

class TarWriter {
  public:
    // path is relative, at most 255 bytes with a break after at most 155. Missing parents are fine.
    bool add_file(std::string_view path, std::string_view bytes, unsigned mode);
    bool add_directory(std::string_view path, unsigned mode);
    // With the two blocks of zeros that end an archive.
    std::string finish();

  private:
    bool add_header(std::string_view path, std::size_t size, unsigned mode, char kind);

    std::string archive_;
};

}  // namespace nmdeploy
