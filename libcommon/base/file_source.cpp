#include "base/file_source.hpp"

#include <bzlib.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <poll.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "app/signals.hpp"
#include "base/unique_fd.hpp"

namespace nm {

namespace {

constexpr std::size_t input_size = 128 * 1024;
// xz -9 needs 65 MiB to unpack; a file that asks for more than this is an attack, not a dump.
constexpr std::uint64_t xz_memory_limit = 512ULL * 1024 * 1024;

}  // namespace

class FileSource::Input {
  public:
    explicit Input(UniqueFd fd)
        : fd_(std::move(fd)), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(input_size)) {
        struct stat file {};
        if (::fstat(fd_.get(), &file) == 0 && S_ISREG(file.st_mode))
            size_ = static_cast<std::uint64_t>(file.st_size);
    }

    // Appends what the file has next; after 0 bytes at_end() is true. Nothing once a signal asked to stop.
    Status fill() {
        if (first_ > 0) {
            std::memmove(buffer_.get(), buffer_.get() + first_, last_ - first_);
            last_ -= std::exchange(first_, 0);
        }
        const auto count = read({buffer_.get() + last_, input_size - last_});
        if (!count) return count.error();
        last_ += *count;
        return Done{};
    }
    // The next bytes straight into out, past the buffer, which must be empty.
    Result<std::size_t> read_past(std::span<std::uint8_t> out) {
        auto count = read(out);
        if (count) offset_ += *count;
        return count;
    }
    std::span<std::uint8_t> bytes() { return {buffer_.get() + first_, last_ - first_}; }
    void consume(std::size_t n) {
        first_ += n;
        offset_ += n;
    }
    bool at_end() const { return end_; }
    bool starts_with(std::string_view magic) {
        const auto now = bytes();
        return now.size() >= magic.size() && std::memcmp(now.data(), magic.data(), magic.size()) == 0;
    }
    // Bytes of the file consumed so far.
    std::uint64_t offset() const { return offset_; }
    std::uint64_t size() const { return size_; }
    void before_waiting(std::function<void()> tell) { before_waiting_ = std::move(tell); }

  private:
    Result<std::size_t> read(std::span<std::uint8_t> out) {
        ssize_t count = 0;
        do {
            if (before_waiting_ && would_wait()) before_waiting_();
            if (stop_requested()) return std::size_t{0};
            count = ::read(fd_.get(), out.data(), out.size());
        } while (count < 0 && errno == EINTR);
        if (count < 0) return os_error("read", errno, Exit::io_error);
        end_ = count == 0;
        return static_cast<std::size_t>(count);
    }
    bool would_wait() const {
        pollfd watched{fd_.get(), POLLIN, 0};
        return size_ == 0 && ::poll(&watched, 1, 0) == 0;
    }

    UniqueFd fd_;
    std::uint64_t size_ = 0;
    std::function<void()> before_waiting_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
    std::uint64_t offset_ = 0;
    bool end_ = false;
};

class FileSource::Unpacker {
  public:
    virtual ~Unpacker() = default;

    // Loops because one step may take bytes in and give none out.
    Result<std::size_t> read(Input& input, std::span<std::uint8_t> out) {
        while (!done_) {
            if (input.bytes().empty() && !input.at_end()) {
                Status filled = input.fill();
                if (stop_requested()) return std::size_t{0};
                if (!filled) return filled.error();
            }
            std::size_t produced = 0;
            if (const char* damage = step(input, out, produced)) {
                done_ = true;
                pending_ = Error{Exit::bad_data,
                                 std::string(damage) + " at packed byte " + std::to_string(input.offset())};
            }
            if (produced > 0) return produced;
        }
        if (pending_.message.empty()) return std::size_t{0};
        return std::exchange(pending_, {});
    }

  protected:
    // Takes from input, puts into out; returns the damage or nullptr. Sets done_ at the end.
    virtual const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) = 0;

    bool done_ = false;

  private:
    Error pending_;
};

namespace {

using Input = FileSource::Input;

class Plain : public FileSource::Unpacker {
    const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) override {
        const auto bytes = input.bytes();
        produced = std::min(bytes.size(), out.size());
        if (produced > 0) std::memcpy(out.data(), bytes.data(), produced);
        input.consume(produced);
        done_ = bytes.empty();
        return nullptr;
    }
};

class Gzip : public FileSource::Unpacker {
  public:
    // 15 bits of window, 16: the gzip wrapper only.
    Gzip() { ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
    ~Gzip() override { inflateEnd(&stream_); }

  private:
    const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) override {
        if (!ready_) return "no memory to unpack gzip";
        if (between_members_) return next_member(input);
        const auto bytes = input.bytes();
        if (bytes.empty()) return "gzip data is cut short";
        stream_.next_in = bytes.data();
        stream_.avail_in = static_cast<unsigned>(bytes.size());
        stream_.next_out = out.data();
        stream_.avail_out = static_cast<unsigned>(out.size());
        const int result = inflate(&stream_, Z_NO_FLUSH);
        input.consume(bytes.size() - stream_.avail_in);
        produced = out.size() - stream_.avail_out;
        between_members_ = result == Z_STREAM_END;
        return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? nullptr
                                                                                 : "gzip data is damaged";
    }
    // RFC 1952 section 2.2: members simply follow each other; tapes pad with zeros.
    const char* next_member(Input& input) {
        while (!input.bytes().empty() && input.bytes().front() == 0) input.consume(1);
        if (input.bytes().empty()) {
            done_ = input.at_end();
            return nullptr;
        }
        between_members_ = false;
        return inflateReset(&stream_) == Z_OK ? nullptr : "no memory to unpack gzip";
    }

    z_stream stream_{};
    bool ready_ = false;
    bool between_members_ = false;
};

class Bzip2 : public FileSource::Unpacker {
  public:
    Bzip2() { ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
    ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }

  private:
    const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) override {
        if (!ready_) return "no memory to unpack bzip2";
        const auto bytes = input.bytes();
        if (bytes.empty()) {
            done_ = between_streams_;
            return done_ ? nullptr : "bzip2 data is cut short";
        }
        if (between_streams_) {
            BZ2_bzDecompressEnd(&stream_);
            ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
            between_streams_ = false;
            return nullptr;
        }
        stream_.next_in = reinterpret_cast<char*>(bytes.data());
        stream_.avail_in = static_cast<unsigned>(bytes.size());
        stream_.next_out = reinterpret_cast<char*>(out.data());
        stream_.avail_out = static_cast<unsigned>(out.size());
        const int result = BZ2_bzDecompress(&stream_);
        input.consume(bytes.size() - stream_.avail_in);
        produced = out.size() - stream_.avail_out;
        between_streams_ = result == BZ_STREAM_END;
        return result == BZ_OK || result == BZ_STREAM_END ? nullptr : "bzip2 data is damaged";
    }

    bz_stream stream_{};
    bool ready_ = false;
    bool between_streams_ = false;
};

class Xz : public FileSource::Unpacker {
  public:
    Xz() { ready_ = lzma_stream_decoder(&stream_, xz_memory_limit, LZMA_CONCATENATED) == LZMA_OK; }
    ~Xz() override { lzma_end(&stream_); }

  private:
    const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) override {
        if (!ready_) return "no memory to unpack xz";
        const auto bytes = input.bytes();
        stream_.next_in = bytes.data();
        stream_.avail_in = bytes.size();
        stream_.next_out = out.data();
        stream_.avail_out = out.size();
        const lzma_ret result = lzma_code(&stream_, bytes.empty() ? LZMA_FINISH : LZMA_RUN);
        input.consume(bytes.size() - stream_.avail_in);
        produced = out.size() - stream_.avail_out;
        done_ = result == LZMA_STREAM_END;
        if (result == LZMA_OK || result == LZMA_STREAM_END) return nullptr;
        if (result == LZMA_BUF_ERROR) return "xz data is cut short";
        return result == LZMA_MEMLIMIT_ERROR ? "xz data asks for more than 512 MiB" : "xz data is damaged";
    }

    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool ready_ = false;
};

// What consists of frames that follow each other: zstd (RFC 8878) and lz4.
class Framed : public FileSource::Unpacker {
  protected:
    struct Words {
        const char* no_memory;
        const char* cut;
        const char* damaged;
    };
    // next_header: bytes of the next block's header, which the decoder asks for with each block.
    Framed(const Words& words, std::size_t next_header) : words_(words), next_header_(next_header) {}
    virtual bool ready() const = 0;
    // Sets both sizes to what was used of it. How much the decoder asks for next, 0 at the end of a frame;
    // nothing for damaged data.
    virtual std::optional<std::size_t> decode(const std::uint8_t* from, std::size_t& from_size,
                                              std::uint8_t* to, std::size_t& to_size) = 0;

  private:
    const char* step(Input& input, std::span<std::uint8_t> out, std::size_t& produced) override {
        if (!ready()) return words_.no_memory;
        const auto bytes = input.bytes();
        if (bytes.empty() && began_ && wanted_ == 0) {
            done_ = true;
            return nullptr;
        }
        std::size_t used = portion(bytes.size());
        produced = out.size();
        const auto wanted = decode(bytes.data(), used, out.data(), produced);
        input.consume(used);
        if (!wanted) {
            produced = 0;
            return words_.damaged;
        }
        began_ = true;
        wanted_ = *wanted;
        return bytes.empty() && produced == 0 ? words_.cut : nullptr;
    }
    // No more than the block that is due: a decoder that meets damage does not say what it made before.
    std::size_t portion(std::size_t there) const {
        constexpr std::size_t frame_header = 5;  // the smallest
        if (wanted_ == 0) return std::min(there, frame_header);
        return std::min(there, wanted_ > next_header_ ? wanted_ - next_header_ : wanted_);
    }

    Words words_;
    std::size_t next_header_;
    std::size_t wanted_ = 0;  // by the decoder; 0: a frame begins
    bool began_ = false;
};

class Zstd : public Framed {
  public:
    Zstd()
        : Framed({"no memory to unpack zstd", "zstd data is cut short", "zstd data is damaged"}, 3),
          stream_(ZSTD_createDStream()) {}
    ~Zstd() override { ZSTD_freeDStream(stream_); }

  private:
    bool ready() const override { return stream_ != nullptr; }
    std::optional<std::size_t> decode(const std::uint8_t* from, std::size_t& from_size, std::uint8_t* to,
                                      std::size_t& to_size) override {
        ZSTD_inBuffer in{from, from_size, 0};
        ZSTD_outBuffer out{to, to_size, 0};
        const std::size_t hint = ZSTD_decompressStream(stream_, &out, &in);
        from_size = in.pos;
        to_size = out.pos;
        if (ZSTD_isError(hint)) return std::nullopt;
        return hint;
    }

    ZSTD_DStream* stream_;
};

class Lz4 : public Framed {
  public:
    Lz4() : Framed({"no memory to unpack lz4", "lz4 data is cut short", "lz4 data is damaged"}, 4) {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION))) context_ = nullptr;
    }
    ~Lz4() override { LZ4F_freeDecompressionContext(context_); }

  private:
    bool ready() const override { return context_ != nullptr; }
    std::optional<std::size_t> decode(const std::uint8_t* from, std::size_t& from_size, std::uint8_t* to,
                                      std::size_t& to_size) override {
        const std::size_t hint = LZ4F_decompress(context_, to, &to_size, from, &from_size, nullptr);
        if (LZ4F_isError(hint)) {
            from_size = to_size = 0;
            return std::nullopt;
        }
        return hint;
    }

    LZ4F_dctx* context_ = nullptr;
};

template <class Format>
std::unique_ptr<FileSource::Unpacker> make() {
    return std::make_unique<Format>();
}

struct Magic {
    std::string_view bytes;
    std::unique_ptr<FileSource::Unpacker> (*unpacker)();
};

constexpr Magic magics[] = {
    {{"\x1f\x8b", 2}, make<Gzip>},
    {{"BZh", 3}, make<Bzip2>},
    {{"\xfd"
      "7zXZ\0",
      6},
     make<Xz>},
    {{"\x28\xb5\x2f\xfd", 4}, make<Zstd>},
    {{"\x04\x22\x4d\x18", 4}, make<Lz4>},
};
constexpr std::size_t longest_magic = 6;

}  // namespace

Result<FileSource> FileSource::open(const std::string& path) {
    const bool is_stdin = path == "-";
    const std::string name = is_stdin ? "standard input" : path;
    UniqueFd fd(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                         : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return os_error(name, errno, Exit::no_input);
    auto input = std::make_unique<Input>(std::move(fd));
    while (input->bytes().size() < longest_magic && !input->at_end()) {
        Status filled = input->fill();
        if (stop_requested()) break;
        if (!filled) {
            return Error{filled.error().exit, name + ": " + filled.error().message};
        }
    }
    for (const Magic& magic : magics) {
        if (input->starts_with(magic.bytes)) return FileSource(name, std::move(input), magic.unpacker());
    }
    FileSource plain(name, std::move(input), make<Plain>());
    plain.is_plain_ = true;
    return plain;
}

Result<std::size_t> FileSource::read(std::span<std::uint8_t> out) {
    if (is_plain_ && input_->bytes().empty() && !input_->at_end()) return input_->read_past(out);
    return unpacker_->read(*input_, out);
}

std::uint64_t FileSource::offset() const {
    return input_->offset();
}

std::uint64_t FileSource::size() const {
    return input_->size();
}

void FileSource::before_waiting(std::function<void()> tell) {
    input_->before_waiting(std::move(tell));
}

FileSource::FileSource(std::string name, std::unique_ptr<Input> input, std::unique_ptr<Unpacker> unpacker)
    : name_(std::move(name)), input_(std::move(input)), unpacker_(std::move(unpacker)) {}
FileSource::FileSource(FileSource&&) noexcept = default;
FileSource& FileSource::operator=(FileSource&&) noexcept = default;
FileSource::~FileSource() = default;

}  // namespace nm
