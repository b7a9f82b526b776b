/// A data set in a CSV file that names pictures and their labels.
///
///   path,label,split
///   cats/1.jpg,cat,train
///   "dogs/big, brown.jpg",dog,test
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fathom/data/listing.hpp"

namespace fathom::data {

struct CsvRow {
  std::int64_t line = 0;  ///< in which it begins, from 1
  std::vector<std::string> fields;
};

/// The rows of a text as RFC 4180 describes it: fields may be in double quotes, in which separators, line
/// ends and doubled quotes stand for themselves. Lines end in LF, CRLF or CR; empty lines are passed over.
/// Throws FormatError (a quote that is not closed or followed by text, a zero byte), whose text begins with
/// `what`.
std::vector<CsvRow> csv_rows(std::string_view text, char separator, const std::string& what);

/// Lists the pictures of a CSV file. Its first row names the columns, in any case and order: `path` (or
/// `file`, `filename`, `image`, `image_path`, ...), `label` (or `class`, `category`, `target`, ...) and, if
/// there is one, `split` (or `subset`, `partition`, `fold` in words); others are ignored. If another name
/// than the first is taken, that is a note. The separator is a comma, semicolon, tab or `|`. Paths are
/// relative to the folder of the file; files that are not there are looked for as named_files
/// (layout/named_files.hpp) says. Splits are named as in folder.hpp, and an empty one is train; without that
/// column, `divide` (listing.hpp) makes them. The labels are the names of the classes, sorted: by number if
/// all are whole numbers. A file that is named again is left out unless the split is another. No picture is
/// opened, and none needs to exist.
///
/// Throws FileError, and FormatError that names the line: no such columns, several that may be one of them, a
/// file with two labels, another number of fields, an empty path or label, an unknown split, no rows, UTF-16.
Listing list_csv(const std::filesystem::path& file);

}  // namespace fathom::data
