#include "augment_preview/augment_record.hpp"

#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fathom/core/runtime.hpp"
#include "fathom/image/mask.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/json.hpp"

namespace fathom::cli {
namespace {

constexpr std::uint64_t kMixingStream = 0x6d6978;  // apart from the streams of the operations
constexpr std::uint64_t kLargestCount = 1'000'000'000;
constexpr const char* kParametersFile = "parameters.jsonl";

std::string picture_file(std::int64_t index) { return fmt::format("{:04}.png", index); }
std::string mask_file(std::int64_t index) { return fmt::format("{:04}-mask.png", index); }

augment::PictureKey key_of(std::uint64_t seed, std::int64_t index, std::int64_t count) {
  return {.seed = seed, .epoch = index / count, .index = index % count};
}

const ListedPicture& listed(const std::vector<ListedPicture>& pictures, std::int64_t number) {
  return pictures[static_cast<std::size_t>(number % std::ssize(pictures))];
}

const torch::Tensor& picture_of(const std::vector<ListedPicture>& pictures, std::int64_t number) {
  return listed(pictures, number).opened.picture;
}

Extent size_of(const torch::Tensor& picture) { return {picture.size(1), picture.size(2)}; }

torch::Tensor as_batch(const torch::Tensor& picture) {
  return picture.to(torch::kFloat).div(255).unsqueeze(0);
}

torch::Tensor mixed(const augment::MixDraw& mixing, torch::Tensor picture, torch::Tensor partner) {
  const Extent size = size_of(picture);
  const Patch& p = mixing.pasted;
  if (p.y + p.height > size.height || p.x + p.width > size.width)
    throw InvalidArgument(
        fmt::format("cutmix pasted a box that extends to {}x{} pixels, but the picture has {}x{}; the "
                    "parameters were saved for larger pictures",
                    p.x + p.width, p.y + p.height, size.width, size.height));
  if (picture.size(0) != partner.size(0)) picture = image::to_rgb(picture), partner = image::to_rgb(partner);
  partner = image::resize(partner.contiguous(), size);
  const torch::Tensor label = torch::zeros({1}, torch::kLong);
  return image::to_picture(
      augment::mix({mixing}, as_batch(picture), label, as_batch(partner), label, 1).images);
}

/// A member of a record that must be there.
const Json& member(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) throw FormatError(fmt::format("'{}' is missing", name));
  return object[name];
}

std::int64_t count_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kLargestCount)
    throw FormatError(
        fmt::format("'{}' must be a whole number from 0 to {}, not {}", name, kLargestCount, value.dump()));
  return value.get<std::int64_t>();
}

double share_at(const Json& object) {
  const Json& value = member(object, "share");
  if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= 1))
    throw FormatError("'share' must be a number from 0 to 1, not " + value.dump());
  return value.get<double>();
}

Json to_json(const Partner& partner, const std::vector<ListedPicture>& pictures) {
  const Patch& p = partner.mixing.pasted;
  Json json = {{"name", augment::to_string(partner.mixing.kind)}, {"share", partner.mixing.share}};
  if (partner.mixing.kind == augment::Mixing::Kind::cutmix)
    json.update({{"x", p.x}, {"y", p.y}, {"width", p.width}, {"height", p.height}});
  json["partner"] = {{"picture", listed(pictures, partner.picture).name},
                     {"number", partner.picture},
                     {"operations", augment::to_json(partner.drawing)}};
  return json;
}

Partner partner_from_json(const Json& json) {
  Partner partner;
  const Json& name = member(json, "name");
  if (!name.is_string()) throw FormatError("'name' must be a string, not " + name.dump());
  partner.mixing = {
      .applied = true, .kind = augment::mixing_kind(name.get<std::string>()), .share = share_at(json)};
  if (partner.mixing.kind == augment::Mixing::Kind::cutmix)
    partner.mixing.pasted = {count_at(json, "y"), count_at(json, "x"), count_at(json, "height"),
                             count_at(json, "width")};
  const Json& other = member(json, "partner");
  partner.picture = count_at(other, "number");
  partner.drawing = augment::drawing_from_json(member(other, "operations"));
  return partner;
}

Record record_from_json(const Json& json) {
  Record record{.index = count_at(json, "index"),
                .picture = count_at(json, "number"),
                .epoch = count_at(json, "epoch"),
                .drawing = augment::drawing_from_json(member(json, "operations"))};
  if (json.contains("mixing")) record.partner = partner_from_json(json["mixing"]);
  return record;
}

}  // namespace

Record draw_record(const augment::Pipeline& pipeline, const std::vector<ListedPicture>& pictures,
                   std::uint64_t seed, std::int64_t index) {
  const std::int64_t count = std::ssize(pictures);
  const augment::PictureKey key = key_of(seed, index, count);
  Record record{
      .index = index, .picture = key.index, .epoch = key.epoch, .drawing = augment::draw(pipeline, key)};
  const std::uint64_t stream =
      derive_seed(derive_seed(seed, kMixingStream), static_cast<std::uint64_t>(index));
  const Extent size = augment::result_size(record.drawing, size_of(picture_of(pictures, key.index)));
  const augment::MixDraw mixing = augment::draw_mixing(pipeline.mixings, stream, size);
  if (mixing.applied) {
    const augment::PictureKey next = key_of(seed, index + 1, count);
    record.partner = Partner{mixing, next.index, augment::draw(pipeline, next)};
  }
  return record;
}

torch::Tensor replay(const Record& record, const std::vector<ListedPicture>& pictures) {
  torch::Tensor picture = augment::replay(record.drawing, picture_of(pictures, record.picture)).contiguous();
  if (!record.partner) return picture;
  const Partner& partner = *record.partner;
  return mixed(partner.mixing, picture,
               augment::replay(partner.drawing, picture_of(pictures, partner.picture)));
}

torch::Tensor replay_mask(const Record& record, const std::vector<torch::Tensor>& masks) {
  const torch::Tensor& mask = masks[static_cast<std::size_t>(record.picture % std::ssize(masks))];
  return augment::replay(record.drawing, mask, augment::Target::mask).contiguous();
}

Json to_json(const Record& record, const std::vector<ListedPicture>& pictures) {
  Json json = {{"index", record.index},
               {"picture", listed(pictures, record.picture).name},
               {"number", record.picture},
               {"epoch", record.epoch},
               {"operations", augment::to_json(record.drawing)}};
  if (record.partner) json["mixing"] = to_json(*record.partner, pictures);
  return json;
}

std::set<std::string> record_files(const std::set<std::int64_t>& indices, bool with_masks) {
  std::set<std::string> names = {kParametersFile};
  for (const std::int64_t index : indices) {
    names.insert(picture_file(index));
    if (with_masks) names.insert(mask_file(index));
  }
  return names;
}

void write_records(const std::filesystem::path& folder, const std::vector<Record>& records,
                   const std::vector<ListedPicture>& pictures, const std::vector<torch::Tensor>& masks) {
  std::string lines;
  for (const Record& record : records) {
    image::write_picture(folder / picture_file(record.index), replay(record, pictures));
    if (!masks.empty()) image::write_mask(folder / mask_file(record.index), replay_mask(record, masks));
    lines += to_json(record, pictures).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  io::write_file(folder / kParametersFile, lines);
}

std::vector<Record> read_records(const std::filesystem::path& path) {
  std::vector<Record> records;
  std::istringstream stream(io::read_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto fail = [&](const std::string& why) {
      throw FormatError(fmt::format("parameters '{}', line {}: {}", path.string(), number, why));
    };
    try {
      records.push_back(record_from_json(io::parse_json(line, io::kLargestRecord)));
    } catch (const Json::exception&) {
      fail("not a JSON object");
    } catch (const Error& e) {
      fail(e.what());
    }
  }
  if (records.empty()) throw FormatError(fmt::format("parameters '{}' contain no pictures", path.string()));
  return records;
}

}  // namespace fathom::cli
