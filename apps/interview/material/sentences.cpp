#include "interview/material/sentences.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace fathom::interview {
namespace {

using augment::Random;
using Words = std::vector<std::string>;

const std::array<Words, 3> kAdjectives = {Words{"bad", "awful", "dirty", "ugly"},
                                          Words{"big", "small", "new", "blue"},
                                          Words{"good", "great", "clean", "lovely"}};
const Words kNouns = {"room", "bed", "bath", "lobby"};

const std::string& one_of(const Words& words, Random& random) {
  return words[static_cast<std::size_t>(random.whole(0, std::ssize(words) - 1))];
}
bool coin(Random& random) { return random.whole(0, 1) == 1; }

/// An adjective of a mood: -1, 0 or 1.
const std::string& adjective(std::int64_t mood, Random& random) {
  return one_of(kAdjectives[static_cast<std::size_t>(mood + 1)], random);
}
std::string subject(Random& random) { return "the " + one_of(kNouns, random) + " is "; }

/// "the room is good" or "the room is not bad", with equal chances.
std::string clause(std::int64_t verdict, Random& random) {
  const std::string start = subject(random);
  return coin(random) ? start + "not " + adjective(-verdict, random) : start + adjective(verdict, random);
}

/// Eight clauses, of which the one at `place` decides and the others are neutral.
Sentence long_review(std::int64_t place, Random& random) {
  const bool positive = coin(random);
  Sentence sentence{"", positive};
  for (std::int64_t i = 0; i < kClauses; ++i) {
    const std::int64_t verdict = positive ? 1 : -1;
    sentence.text += (i > 0 ? " and " : "") + subject(random) + adjective(i == place ? verdict : 0, random);
  }
  return sentence;
}

std::int64_t number_of(const std::string& word) {
  const Words& all = vocabulary();
  return std::find(all.begin(), all.end(), word) - all.begin();
}

}  // namespace

Sentence review(Random& random) {
  const bool positive = coin(random);
  const std::int64_t verdict = positive ? 1 : -1;
  if (coin(random)) return {clause(-verdict, random) + " but " + clause(verdict, random), positive};
  const std::string judged = clause(verdict, random), neutral = clause(0, random);
  return {coin(random) ? judged + " and " + neutral : neutral + " and " + judged, positive};
}

Sentence majority(Random& random) {
  std::array<std::int64_t, 3> moods{};
  for (std::int64_t& mood : moods) mood = coin(random) ? 1 : -1;
  const std::string first =
      subject(random) + adjective(moods[0], random) + " and " + adjective(moods[1], random);
  return {first + " and " + subject(random) + adjective(moods[2], random),
          moods[0] + moods[1] + moods[2] > 0};
}

Sentence decided_early(Random& random) { return long_review(0, random); }
Sentence decided_late(Random& random) { return long_review(kClauses - 1, random); }

const Words& vocabulary() {
  static const Words all = [] {
    Words words = {"the", "is", "not", "and", "but"};
    words.insert(words.end(), kNouns.begin(), kNouns.end());
    for (const Words& adjectives : kAdjectives)
      words.insert(words.end(), adjectives.begin(), adjectives.end());
    return words;
  }();
  return all;
}

std::vector<std::int64_t> numbers_of(const std::string& text, std::int64_t steps) {
  std::vector<std::int64_t> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(number_of(word));
  numbers.insert(numbers.begin(), static_cast<std::size_t>(steps - std::ssize(numbers)), -1);
  return numbers;
}

torch::Tensor one_hot_rows(const std::vector<std::int64_t>& numbers, std::int64_t steps) {
  const torch::Tensor all = torch::tensor(numbers, torch::kLong);
  return torch::one_hot(all + 1, std::ssize(vocabulary()) + 1)
      .narrow(1, 1, std::ssize(vocabulary()))
      .to(torch::kFloat)
      .view({-1, 1, steps, std::ssize(vocabulary())});
}

}  // namespace fathom::interview
