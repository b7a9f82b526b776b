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
/// `file`, `filename`, `filepath`, `image`), `label` (or `class`, `category`) and, if there is one, `split`
/// (or `subset`, `fold` in words); others are ignored. The separator is a comma, semicolon or tab. Paths are
/// relative to the folder of the file. Splits are train, training, test, testing, val, valid, validation, as
/// in folder.hpp; without that column, `divide` (listing.hpp) makes them. The labels are the names of the
/// classes, sorted: by number if all are whole numbers. No picture is opened, and none needs to exist.
///
/// Throws FileError, and FormatError that names the line: no such columns, another number of fields, an empty
/// path or label, an unknown split, no rows, UTF-16.
Listing list_csv(const std::filesystem::path& file);

}  // namespace fathom::data
