#include "fathom/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
#include "fathom/data/layout/named_files.hpp"
#include "fathom/data/layout/splits.hpp"
#include "fathom/data/picture_content.hpp"
#include "fathom/io/file.hpp"

namespace fathom::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// Reads fields from a text; one per call.
class FieldReader {
 public:
  FieldReader(std::string_view text, char separator, const std::string& what)
      : text_(text), separator_(separator), what_(what) {}

  bool at_end() const { return at_ == text_.size(); }
  std::int64_t line() const { return line_; }

  /// The next field, and what follows it is consumed. `ends_row` tells whether that ends the row.
  std::string field(bool& ends_row) {
    // Spaces around a quoted field are no part of it: "cat.png", "cat".
    const std::size_t quote = text_.find_first_not_of(' ', at_);
    const bool is_quoted = quote != std::string_view::npos && text_[quote] == '"';
    if (is_quoted) at_ = quote;
    std::string value = is_quoted ? quoted() : plain();
    ends_row = at_end() || text_[at_] != separator_;
    if (!ends_row)
      ++at_;
    else if (!at_end())
      end_line();
    return value;
  }

 private:
  bool is_line_end() const { return text_[at_] == '\n' || text_[at_] == '\r'; }

  void end_line() {
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  std::string plain() {
    const std::size_t begin = at_;
    while (!at_end() && text_[at_] != separator_ && !is_line_end()) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted() {
    const std::int64_t opened = line_;
    std::string value;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        value += text_[++at_];
      } else {
        at_ = std::min(text_.find_first_not_of(' ', at_ + 1), text_.size());
        if (!at_end() && text_[at_] != separator_ && !is_line_end())
          throw FormatError(fmt::format("{}: line {} has text behind a closing quote", what_, line_));
        return value;
      }
    }
    throw FormatError(fmt::format("{}: the quote that line {} opens is never closed", what_, opened));
  }

  std::string_view text_;
  char separator_;
  const std::string& what_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// What separates the fields of a first line: whichever of the four it has most of.
char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  char best = ',';
  for (const char candidate : {';', '\t', '|'})
    if (std::count(line.begin(), line.end(), candidate) > std::count(line.begin(), line.end(), best))
      best = candidate;
  return best;
}

using ColumnNames = std::vector<std::string>;

/// The names that a column may have; the first one is the usual one.
constexpr std::array<std::string_view, 13> kPathNames{
    "path",       "file",       "filename",   "file_name", "filepath", "file_path", "image",
    "image_path", "image_name", "image_file", "image_id",  "img",      "img_path"};
constexpr std::array<std::string_view, 8> kLabelNames{"label",      "labels",      "class",    "classname",
                                                      "class_name", "class_label", "category", "target"};
constexpr std::array<std::string_view, 4> kSplitNames{"split", "subset", "partition", "fold"};
using KnownNames = std::span<const std::string_view>;

/// The column with one of these names.
std::optional<std::size_t> column(const ColumnNames& header, KnownNames names, const std::string& what,
                                  std::vector<std::string>& notes) {
  const std::string usual(names.front());
  std::vector<std::size_t> exact, others;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (std::find(names.begin(), names.end(), header[i]) == names.end()) continue;
    (header[i] == usual ? exact : others).push_back(i);
  }
  if (exact.size() > 1) throw FormatError(fmt::format("{}: two columns are called '{}'", what, usual));
  std::vector<std::string> quoted;
  for (const std::size_t i : others) quoted.push_back(fmt::format("'{}'", header[i]));
  if (exact.empty() && others.empty()) return std::nullopt;
  if (exact.empty() && others.size() > 1)
    throw FormatError(fmt::format("{}: each of the columns {} may be the {}; call one of them '{}'", what,
                                  fmt::join(quoted, ", "), usual, usual));
  if (exact.empty())
    notes.push_back(fmt::format("the column {} is taken as the {}", quoted[0], usual));
  else if (!others.empty())
    notes.push_back(fmt::format("the column '{}' is taken; {} {} not read", usual, fmt::join(quoted, ", "),
                                others.size() == 1 ? "is" : "are"));
  return exact.empty() ? others[0] : exact[0];
}

struct Columns {
  std::size_t path = 0, label = 0;
  std::optional<std::size_t> split;
};

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// "Image Path" and "image-path" are "image_path".
std::string column_name(const std::string& field) {
  std::string name = lower_case(trimmed(field));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return name;
}

/// Names the column that is missing, and the first line as it is.
[[noreturn]] void refuse_header(bool has_path, bool has_label, const CsvRow& first, char separator,
                                const std::string& what) {
  std::vector<std::string> missing, known;
  const auto add = [&](const std::string& of, KnownNames names) {
    missing.push_back("no column of " + of);
    known.push_back(fmt::format("known names for {}: {}", of, fmt::join(names, ", ")));
  };
  if (!has_path) add("paths", kPathNames);
  if (!has_label) add("labels", kLabelNames);
  throw FormatError(
      fmt::format("{}: {} in the first line '{}'; {}", what, fmt::join(missing, " and "),
                  excerpt(fmt::format("{}", fmt::join(first.fields, std::string(1, separator)))),
                  fmt::join(known, "; ")));
}

Columns columns_of(const std::vector<CsvRow>& rows, char separator, const std::string& what,
                   std::vector<std::string>& notes) {
  ColumnNames header;
  for (const std::string& field : rows[0].fields) header.push_back(column_name(field));
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool has_numbers = std::any_of(rows.begin() + 1, rows.end(), [i](const CsvRow& row) {
      return i < row.fields.size() && is_number(trimmed(row.fields[i]));
    });
    if (header[i] != "fold" || !has_numbers) continue;
    notes.emplace_back("the column 'fold' has numbers, not names of splits; it is not read");
    header[i].clear();
  }
  const auto path = column(header, kPathNames, what, notes);
  const auto label = column(header, kLabelNames, what, notes);
  if (!path || !label) refuse_header(path.has_value(), label.has_value(), rows[0], separator, what);
  return {*path, *label, column(header, kSplitNames, what, notes)};
}

SplitRole split_from(const std::string& text, const std::string& what, std::int64_t line) {
  if (const auto role = role_of(text)) return *role;
  throw FormatError(
      fmt::format("{}: line {} has the split '{}'; it must be train, val or test", what, line, text));
}

struct LabelledFile {
  fs::path file;
  std::string label;
  SplitRole split = SplitRole::train;
  std::int64_t line = 0;
};

std::vector<LabelledFile> labelled_files(const std::vector<CsvRow>& rows, const Columns& columns,
                                         const std::string& what, Listing& listing) {
  std::vector<LabelledFile> files;
  std::vector<std::string> names;
  std::vector<std::int64_t> without_split;  // lines
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& [line, fields] = rows[i];
    if (fields.size() != rows[0].fields.size())
      throw FormatError(fmt::format("{}: line {} has {} fields, but the first has {}", what, line,
                                    fields.size(), rows[0].fields.size()));
    const std::string path = trimmed(fields[columns.path]), label = trimmed(fields[columns.label]);
    if (path.empty() || label.empty())
      throw FormatError(fmt::format("{}: line {} has no {}", what, line, path.empty() ? "path" : "label"));
    names.push_back(path);
    files.push_back({{}, label, SplitRole::train, line});
    if (!columns.split) continue;
    const std::string split = trimmed(fields[*columns.split]);
    if (split.empty())
      without_split.push_back(line);
    else
      files.back().split = split_from(split, what, line);
  }
  if (files.empty()) throw FormatError(fmt::format("{}: it names no pictures", what));
  if (!without_split.empty())
    listing.notes.push_back(
        fmt::format("pictures without a split are taken for training: {}, the first in line {}",
                    grouped(without_split.size()), without_split[0]));
  const std::vector<fs::path> found = named_files(names, listing.root, listing.notes);
  for (std::size_t i = 0; i < files.size(); ++i) files[i].file = found[i];
  return files;
}

/// A file that is named again is left out. Throws FormatError if its label is another.
std::vector<LabelledFile> without_repeats(const std::vector<LabelledFile>& files, const std::string& what,
                                          std::vector<std::string>& notes) {
  std::map<fs::path, const LabelledFile*> first;
  std::vector<LabelledFile> kept;
  std::size_t repeated = 0, in_two_splits = 0;
  for (const LabelledFile& each : files) {
    const auto [known, is_new] = first.emplace(each.file.lexically_normal(), &each);
    const LabelledFile& before = *known->second;
    if (before.label != each.label)
      throw FormatError(fmt::format("{}: '{}' has the label '{}' in line {}, but '{}' in line {}", what,
                                    each.file.string(), before.label, before.line, each.label, each.line));
    const bool is_elsewhere = before.split != each.split;
    in_two_splits += is_elsewhere ? 1 : 0;
    repeated += !is_new && !is_elsewhere ? 1 : 0;
    if (is_new || is_elsewhere) kept.push_back(each);
  }
  if (repeated > 0)
    notes.push_back(
        fmt::format("lines that name a file again: {}; each file is read once", grouped(repeated)));
  if (in_two_splits > 0)
    notes.push_back(fmt::format("lines that name a file of another split: {}", grouped(in_two_splits)));
  return kept;
}

std::vector<std::string> classes_of(const std::vector<LabelledFile>& files) {
  std::set<std::string> names;
  for (const LabelledFile& file : files) names.insert(file.label);
  std::vector<std::string> classes(names.begin(), names.end());
  if (std::all_of(classes.begin(), classes.end(), is_number))
    std::stable_sort(classes.begin(), classes.end(),
                     [](const auto& a, const auto& b) { return std::stol(a) < std::stol(b); });
  return classes;
}

void fill_listing(const std::vector<LabelledFile>& files, bool has_splits, Listing& listing) {
  std::map<std::string, std::int64_t> labels;
  for (const std::string& name : listing.classes) labels.emplace(name, std::ssize(labels));
  if (!has_splits) {
    std::vector<std::vector<fs::path>> by_class(listing.classes.size());
    for (const LabelledFile& each : files)
      by_class[static_cast<std::size_t>(labels.at(each.label))].push_back(each.file);
    divide(by_class, true, listing);
    return;
  }
  const bool has_test = std::any_of(files.begin(), files.end(),
                                    [](const LabelledFile& each) { return each.split == SplitRole::test; });
  PictureList& validation = has_test ? listing.further : listing.test;
  for (const LabelledFile& each : files)
    (each.split == SplitRole::train  ? listing.train
     : each.split == SplitRole::test ? listing.test
                                     : validation)
        .add(each.file, labels.at(each.label));
  if (!has_test && listing.test.size() > 0)
    listing.notes.emplace_back("the test pictures are those of the split val");
  if (listing.further.size() > 0)
    listing.notes.emplace_back("val is a further split, beside training and test");
}

}  // namespace

std::vector<CsvRow> csv_rows(std::string_view text, char separator, const std::string& what) {
  // Latin-1 from a spreadsheet: the name of a class would match no other.
  if (text.find('\0') != std::string_view::npos || valid_utf8(std::string(text)) != text)
    throw FormatError(what + ": it is not a text in UTF-8; save it as 'CSV UTF-8'");
  std::vector<CsvRow> rows;
  FieldReader reader(text, separator, what);
  while (!reader.at_end()) {
    CsvRow row{reader.line(), {}};
    for (bool ends_row = false; !ends_row;) row.fields.push_back(reader.field(ends_row));
    if (row.fields.size() > 1 || !trimmed(row.fields[0]).empty()) rows.push_back(std::move(row));
  }
  return rows;
}

Listing list_csv(const fs::path& file) {
  if (file.empty()) throw FileError("the name of the CSV file is empty");
  const std::string bytes = io::read_file(file);
  const std::string what = fmt::format("CSV file '{}'", file.string());
  std::string_view text = bytes;
  if (text.find('\0') != std::string_view::npos && is_picture_file(fs::directory_entry(file)))
    throw FormatError(what + ": it is a picture; a CSV file is a text that names pictures and their classes");
  if (text.starts_with("PK\x03\x04"))
    throw FormatError(what + ": it is an archive or a spreadsheet; save it as 'CSV UTF-8'");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  char separator = separator_of(text);
  // The line "sep=;" is Excel's.
  if (lower_case(std::string(text.substr(0, 4))) == "sep=" && text.size() > 4) {
    separator = text[4];
    text.remove_prefix(std::min(text.size(), text.find('\n')));
  }
  const std::vector<CsvRow> rows = csv_rows(text, separator, what);
  if (rows.empty()) throw FormatError(what + ": it is empty");

  Listing listing;
  listing.name = "csv:" + file.string();
  listing.root = file.parent_path();
  const Columns columns = columns_of(rows, separator, what, listing.notes);
  for (const std::optional<std::size_t> each :
       {std::optional(columns.path), std::optional(columns.label), columns.split})
    if (each) listing.columns.push_back(trimmed(rows[0].fields[*each]));
  const std::vector<LabelledFile> files =
      without_repeats(labelled_files(rows, columns, what, listing), what, listing.notes);
  listing.classes = classes_of(files);
  note_alike_classes(listing);
  fill_listing(files, columns.split.has_value(), listing);
  return listing;
}

}  // namespace fathom::data
