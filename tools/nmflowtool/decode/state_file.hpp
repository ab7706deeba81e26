// The file of decode --state: read at the start, and replaced as a whole on SIGHUP, now and then, and at the
// end. Proof: tests/cli/nmflowtool_people.bats.
#pragma once

#include <string>

#include "app/console.hpp"
#include "decode/decoder.hpp"

namespace nmflowtool {

class StateFile {
  public:
    // An empty path: there is none, and nothing happens. Throws UserError(cannot_create) where it could not
    // be written at the end.
    StateFile(std::string path, nm::Console& console);

    bool is_given() const { return !path_.empty(); }
    // A state that cannot be used is told and left out: the exporters send their templates again.
    void load(Decoder& decoder);
    // Writes what is new since the last time.
    nm::Status save(const Decoder& decoder);

  private:
    std::string path_;
    nm::Console& console_;
    std::string saved_;
};

}  // namespace nmflowtool
