// A file read from front to back, whatever it was packed with: plain, gzip (several members too), bzip2
// (several streams too), xz, zstd or lz4 (several frames too), told apart by their magic bytes and never by
// the name. "-" is standard input. What was read before a damage is delivered first, then the damage.
// Proof: tests/unit/base_file_source_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace nm {

class FileSource {
  public:
    // Exit::no_input when it is not there, Exit::no_permission when it may not be read.
    static Result<FileSource> open(const std::string& path);
    FileSource(FileSource&&) noexcept;
    FileSource& operator=(FileSource&&) noexcept;
    ~FileSource();

    // Fills out with at least one unpacked byte and returns how many; 0 is the end of the file, or that
    // a signal asked the tool to stop.
    // Exit::io_error when reading fails, Exit::bad_data when the packed data is damaged or cut short; the
    // message leaves the name of the file to the caller.
    Result<std::size_t> read(std::span<std::uint8_t> out);
    // As the user wrote it, or "standard input".
    const std::string& name() const { return name_; }
    // Packed bytes used so far, and of the whole file: 0 for a pipe.
    std::uint64_t offset() const;
    std::uint64_t size() const;
    // Called before a read that has to wait for a pipe: the time to flush output.
    void before_waiting(std::function<void()> tell);

    class Input;     // the packed bytes
    class Unpacker;  // one per format

  private:
    FileSource(std::string name, std::unique_ptr<Input> input, std::unique_ptr<Unpacker> unpacker);

    std::string name_;
    std::unique_ptr<Input> input_;
    std::unique_ptr<Unpacker> unpacker_;
    bool is_plain_ = false;
};

}  // namespace nm
