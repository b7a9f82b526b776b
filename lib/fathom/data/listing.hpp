/// A data set made of picture files: which files, of which class, for which split.
///
///   const Listing pets = list_folder("pets");  // folder.hpp; csv.hpp has list_csv
///   const ReadOptions options{.size = {32, 32}, .read = image::read_picture_as};
///   const ImageSet set = read_pictures(pets, Split::train, options);
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Reads a picture file as uint8 [3, H, W] in RGB, resized to `size` unless that is Extent{}; for example
/// `image::read_picture_as`. Several threads call it at a time. Passed as a parameter, because this layer
/// does not decode pictures.
using PictureReader = std::function<torch::Tensor(const std::filesystem::path&, Extent size)>;

/// Files with their labels, in the order of the set.
struct PictureList {
  std::vector<std::filesystem::path> files;
  std::vector<std::int64_t> labels;

  void add(std::filesystem::path file, std::int64_t label);
  std::int64_t size() const { return std::ssize(files); }
};

struct Listing {
  std::string name;                  ///< of the set: "folder:pets"
  std::filesystem::path root;        ///< messages name files from here
  std::vector<std::string> classes;  ///< names, index = label
  PictureList train, test;
  PictureList further;                ///< of a third split; only `read_all_pictures` reads it
  std::vector<std::string> columns;   ///< of a CSV file: those with the paths, the labels and any splits
  std::vector<std::string> notes;     ///< what was assumed, each a text for fathom::note
  std::int64_t passed_over = 0;       ///< files that are not pictures, without hidden ones
  std::vector<std::string> examples;  ///< the names of some of these

  const PictureList& of(Split split) const { return split == Split::train ? train : test; }
};

/// Divides the pictures of each class between training and testing: every tenth is for testing, and in a
/// class with two to nine pictures one that is drawn. The draw depends only on the name of the class, so that
/// all runs agree on it. If `draws` is false, no picture of such a small class is for testing. `pictures` has
/// a list per class; the results are added to `listing`, with a note.
void divide(const std::vector<std::vector<std::filesystem::path>>& pictures, bool draws, Listing& listing);

/// The numbers of pictures by split and class, and what was passed over, as a text for fathom::note. Of more
/// than 8 classes, the smallest and the largest are named.
std::string counts_text(const Listing& listing);

/// Throws FormatError if the split has no pictures.
void require_pictures(const Listing& listing, Split split);

struct PictureFile {
  std::filesystem::path file;
  std::int64_t label = 0;
  std::string label_name;
};
/// The file that `read_pictures` reads as number `index` of a split. Throws FormatError if the split is
/// empty, and InvalidArgument if the index is outside it.
PictureFile picture_of(const Listing& listing, Split split, std::int64_t index);

/// Adds a note for each two classes whose names differ in case and signs alone, such as "Cat" and "cat".
void note_alike_classes(Listing& listing);

struct ReadOptions {
  Extent size = {32, 32};  ///< to which pictures are resized
  PictureReader read;
  bool skip_damaged = false;  ///< leave out what cannot be read, with a note
};

/// Reads all pictures of a split, on all threads. Says (core/notes.hpp) what the listing assumed and its
/// counts. Pictures that `read` refuses with a FormatError or FileError are all found before FormatError
/// names up to 20 of them, missing files apart from others, and the reasons of 5; with `skip_damaged` they
/// are left out instead. If damaged pictures are found in the training split, the message names those of the
/// test split too. Throws FormatError (no pictures, none that can be read), InvalidArgument (as read_checked)
/// and other exceptions of `read`.
ImageSet read_pictures(const Listing& listing, Split split, const ReadOptions& options);

/// The same for the pictures of all splits: training, test, further.
ImageSet read_all_pictures(const Listing& listing, const ReadOptions& options);

/// The picture that `read` returns for a file. Throws InvalidArgument if there is no reader or it returns a
/// wrong type or shape.
torch::Tensor read_checked(const PictureReader& read, const std::filesystem::path& file, Extent size);

}  // namespace fathom::data
