/// Archives in the form of LibTorch's, with any content.
#pragma once

#include <caffe2/serialize/inline_container.h>

#include <string>
#include <vector>

struct TorchMember {
  std::string name;
  std::string bytes;
  bool compressed = false;
};

inline std::string torch_archive(const std::vector<TorchMember>& members) {
  std::string bytes;
  {
    caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, std::size_t size) {
      bytes.append(static_cast<const char*>(data), size);
      return size;
    });
    for (const TorchMember& member : members)
      writer.writeRecord(member.name, member.bytes.data(), member.bytes.size(), member.compressed);
    writer.writeEndOfFile();
  }
  return bytes;
}
