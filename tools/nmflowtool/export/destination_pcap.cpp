#include "export/destination_pcap.hpp"

#include <fcntl.h>

#include <cerrno>

#include "export/wire_udp.hpp"
#include "json/line_writer.hpp"
#include "wire/pcap_writer.hpp"

namespace nmflowtool {
namespace {

class PcapDestination final : public Destination {
  public:
    PcapDestination(nm::UniqueFd fd, const std::string& path, std::uint16_t port)
        : fd_(std::move(fd)), writer_(fd_.get(), path), port_(port) {
        writer_.empty_file_first();
        nm::append_pcap_header(writer_.buffer(), nm::LinkType::ethernet);
    }

    void send(const ExportDatagram& datagram) override;
    void flush() override { writer_.flush(); }
    nm::Status finish() override { return writer_.finish(); }
    bool is_dead() const override { return writer_.closed(); }
    // A run that ends early leaves what it made, not what an earlier run had left.
    ~PcapDestination() override {
        if (has_packets_) writer_.flush();
    }
    std::size_t overhead() const override { return 40 + 8; }  // of an IPv6 exporter

  private:
    nm::UniqueFd fd_;
    nm::LineWriter writer_;
    std::uint16_t port_;
    MessageWriter frame_;
    std::uint16_t id_ = 0;
    bool has_packets_ = false;
};

void PcapDestination::send(const ExportDatagram& datagram) {
    constexpr std::array<std::uint8_t, 12> macs{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};  // locally administered
    const nm::IpAddress loopback = nm::IpAddress::v4(0x7F000001);
    const bool is_v6 = datagram.source.is_v6();
    const nm::Endpoint from{datagram.source.is_set() ? datagram.source : loopback,
                            datagram.port != 0 ? datagram.port : port_};
    const nm::Endpoint to{is_v6 ? *nm::parse_ip("::1") : loopback, port_};
    frame_.clear();
    frame_.bytes(macs);
    frame_.u16(is_v6 ? 0x86DD : 0x0800);
    write_udp_packet(frame_, from, to, datagram.payload, ++id_);

    nm::append_pcap_packet(writer_.buffer(), datagram.ts, frame_.view(), frame_.size());
    writer_.written();
    has_packets_ = true;
    if (writer_.closed())
        ++books.send_errors;
    else
        book_sent(datagram);
}

}  // namespace

// The file is emptied when there is something to write: what stops a run before costs no old file.
nm::Result<std::unique_ptr<Destination>> open_pcap_destination(const std::string& path, std::uint16_t port) {
    nm::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (!fd) return nm::os_error(path, errno, nm::Exit::cannot_create);
    return std::unique_ptr<Destination>(std::make_unique<PcapDestination>(std::move(fd), path, port));
}

}  // namespace nmflowtool
