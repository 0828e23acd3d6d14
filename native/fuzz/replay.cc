// Runs a target, without a fuzzer, on files or on all files of folders.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/target.h"

namespace {

std::size_t replayed = 0;

void replay(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) replay(entry.path());
    return;
  }
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  ++replayed;
}

} // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) replay(arguments[i]);
  std::printf("%zu inputs\n", replayed);
  return replayed == 0; // an empty corpus tests nothing
}
