/// What a file is, by its content; its name is not looked at. Users bring models in many formats, and an
/// error should say which one it is and how to make a TorchScript program of it.
///
///   require_program(bytes, "resnet.pth", "cannot read model 'resnet.pth'");
#pragma once

#include <string>

namespace fathom::checkpoint {

enum class FileKind {
  checkpoint,        ///< a classifier of fathom: TorchScript with a card
  generator,         ///< a generator of fathom: TorchScript with a card
  torchscript,       ///< any other TorchScript program
  training_state,    ///< of a classifier
  gan_state,         ///< training state of a GAN
  module,            ///< a network saved whole by torch.save
  state_dict,        ///< named weights saved by torch.save
  training_dump,     ///< a dictionary saved by torch.save that has weights among other things
  tensor,            ///< one tensor saved by torch.save
  pickle,            ///< any other object pickled by Python
  exported_program,  ///< torch.export's .pt2
  safetensors,
  hdf5,   ///< usually Keras
  keras,  ///< Keras 3's .keras
  onnx,
  tflite,
  gguf,
  numpy,
  picture,
  zip,  ///< any other archive
  gzip,
  git_lfs_pointer,  ///< three lines of text in place of a large file
  web_page,
  empty,
  unknown,
};

/// The kind of a file with these bytes. Never throws for damaged content; a file whose kind cannot be seen
/// any more is `unknown`. Only directories of archives and short members are read.
FileKind kind_of(const std::string& bytes);

/// "state_dict": the word for the kind in reports.
std::string to_string(FileKind kind);

/// "a state dict saved by torch.save (named weights without their network)".
std::string description(FileKind kind);

/// The two lines of Python that make a TorchScript program of a file of this kind, joined by "; ", with
/// `file` as its name. Empty for kinds that hold no network, and for those that are programs already.
std::string export_lines(FileKind kind, const std::string& bytes, const std::string& file);

/// Throws FormatError in one line, beginning with `what`, if the file is recognised as something that is not
/// a TorchScript program: what it is, and export_lines or the other way out. `file` is its path. Passes what
/// it does not recognise, such as damaged files; their reader says what is wrong.
void require_program(const std::string& bytes, const std::string& file, const std::string& what);

}  // namespace fathom::checkpoint
