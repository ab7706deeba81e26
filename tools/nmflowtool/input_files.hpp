// What --read names: files, and folders for all the files beneath them. Proof:
// tests/cli/nmflowtool_input.bats.
#pragma once

#include <string>
#include <vector>

namespace nmflowtool {

struct InputFile {
    std::string path;             // "-" is stdin
    bool is_of_a_folder = false;  // which may hold other things as well
};

// Folders give their files in the order of their paths, as nfdump -R does, without hidden ones and those that
// nfcapd still writes. Throws UserError (no_input, no_permission) for what cannot be read, before anything is: a typo in the
// last name costs no output. outputs: files that the run writes; to read one of them is UserError(usage), in
// a folder they are left out.
std::vector<InputFile> input_files(const std::vector<std::string>& names,
                                   const std::vector<std::string>& outputs);

// Throws UserError(usage) where two outputs of a run are one file. Devices and pipes may serve both.
void refuse_twins(const std::vector<std::string>& outputs);

}  // namespace nmflowtool
