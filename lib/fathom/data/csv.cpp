#include "fathom/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"
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
    std::string value = !at_end() && text_[at_] == '"' ? quoted() : plain();
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
        ++at_;
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

/// What separates the fields of a first line: whichever of the three it has most of.
char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  char best = ',';
  for (const char candidate : {';', '\t'})
    if (std::count(line.begin(), line.end(), candidate) > std::count(line.begin(), line.end(), best))
      best = candidate;
  return best;
}

using ColumnNames = std::vector<std::string>;

/// The column with one of these names; the first name is the usual one.
std::optional<std::size_t> column(const ColumnNames& header, std::initializer_list<const char*> names,
                                  std::vector<std::string>& notes) {
  for (const char* name : names) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) continue;
    if (name != *names.begin())
      notes.push_back(fmt::format("the column '{}' is taken as the {}", name, *names.begin()));
    return static_cast<std::size_t>(found - header.begin());
  }
  return std::nullopt;
}

struct Columns {
  std::size_t path = 0, label = 0;
  std::optional<std::size_t> split;
};

Columns columns_of(const CsvRow& first, const std::string& what, std::vector<std::string>& notes) {
  ColumnNames header;
  for (const std::string& field : first.fields) header.push_back(lower_case(trimmed(field)));
  const auto path = column(header, {"path", "file", "filename", "filepath", "image"}, notes);
  const auto label = column(header, {"label", "class", "category"}, notes);
  if (!path || !label)
    throw FormatError(fmt::format(
        "{}: the first line must name the columns path and label (and split, if there is one), not '{}'",
        what, fmt::join(first.fields, ",")));
  return {*path, *label, column(header, {"split", "subset", "fold"}, notes)};
}

enum class CsvSplit { train, test, validation };

CsvSplit split_from(const std::string& text, const std::string& what, std::int64_t line) {
  static const std::map<std::string, CsvSplit> kNames = {
      {"train", CsvSplit::train},          {"training", CsvSplit::train}, {"test", CsvSplit::test},
      {"testing", CsvSplit::test},         {"val", CsvSplit::validation}, {"valid", CsvSplit::validation},
      {"validation", CsvSplit::validation}};
  const auto found = kNames.find(lower_case(text));
  if (found != kNames.end()) return found->second;
  throw FormatError(
      fmt::format("{}: line {} has the split '{}'; it must be train, val or test", what, line, text));
}

struct LabelledFile {
  fs::path file;
  std::string label;
  CsvSplit split = CsvSplit::train;
};

std::vector<LabelledFile> labelled_files(const std::vector<CsvRow>& rows, const Columns& columns,
                                         const fs::path& folder, const std::string& what) {
  std::vector<LabelledFile> files;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& [line, fields] = rows[i];
    if (fields.size() != rows[0].fields.size())
      throw FormatError(fmt::format("{}: line {} has {} fields, but the first has {}", what, line,
                                    fields.size(), rows[0].fields.size()));
    const std::string path = trimmed(fields[columns.path]), label = trimmed(fields[columns.label]);
    if (path.empty() || label.empty())
      throw FormatError(fmt::format("{}: line {} has no {}", what, line, path.empty() ? "path" : "label"));
    files.push_back({folder / path, label, CsvSplit::train});
    if (columns.split) files.back().split = split_from(trimmed(fields[*columns.split]), what, line);
  }
  if (files.empty()) throw FormatError(fmt::format("{}: it names no pictures", what));
  return files;
}

bool is_number(const std::string& text) {
  return text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
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
    listing.notes.push_back(
        "there is no column of splits: every tenth picture of a class is for testing, and one of a class "
        "with two "
        "to nine");
    divide(by_class, true, listing);
    return;
  }
  const bool has_test = std::any_of(files.begin(), files.end(),
                                    [](const LabelledFile& each) { return each.split == CsvSplit::test; });
  PictureList& validation = has_test ? listing.further : listing.test;
  for (const LabelledFile& each : files)
    (each.split == CsvSplit::train  ? listing.train
     : each.split == CsvSplit::test ? listing.test
                                    : validation)
        .add(each.file, labels.at(each.label));
  if (!has_test && listing.test.size() > 0)
    listing.notes.emplace_back("the test pictures are those of the split val");
  if (listing.further.size() > 0)
    listing.notes.emplace_back("val is a further split, beside training and test");
}

}  // namespace

std::vector<CsvRow> csv_rows(std::string_view text, char separator, const std::string& what) {
  if (text.find('\0') != std::string_view::npos)
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
  const std::string bytes = io::read_file(file);
  const std::string what = fmt::format("CSV file '{}'", file.string());
  std::string_view text = bytes;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::vector<CsvRow> rows = csv_rows(text, separator_of(text), what);
  if (rows.empty()) throw FormatError(what + ": it is empty");

  Listing listing;
  listing.name = "csv:" + file.string();
  listing.root = file.parent_path();
  const Columns columns = columns_of(rows[0], what, listing.notes);
  for (const std::optional<std::size_t> each :
       {std::optional(columns.path), std::optional(columns.label), columns.split})
    if (each) listing.columns.push_back(trimmed(rows[0].fields[*each]));
  const std::vector<LabelledFile> files = labelled_files(rows, columns, listing.root, what);
  listing.classes = classes_of(files);
  fill_listing(files, columns.split.has_value(), listing);
  return listing;
}

}  // namespace fathom::data
