// Messages of any bytes to the reader of DNS answers: it stays inside them, ends, and what it takes for whole
// is counted right.
#include <cstdlib>

#include "dns/wire_dns.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const nm::Bytes message(data, size);
    nmprobe::DnsMessage out;
    const bool whole = nmprobe::read_message(message, out);
    if (whole != out.ok || (whole && out.answers.size() != out.answer_count)) std::abort();
    nmprobe::DnsQuestion question;
    question.name = "www.example.org";
    const auto query = nmprobe::encode_query(question);
    if (nmprobe::same_question(message, query->question(), true) &&
        !nmprobe::same_question(message, query->question(), false))
        std::abort();
    // A name that was read can be asked for: its text is what encode_name takes.
    for (const std::string& answer : out.answers) (void)nmprobe::encode_name(answer);
    return 0;
}
