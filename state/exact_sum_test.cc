// Exact sums against arithmetic that is plain to see: __int128, long double, one value at a time.
#include "state/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "state/text_cell.h"

namespace weir::state {
namespace {

TEST(NarrowInt, EveryWidthKeepsItsNeighbours) {
  base::SeededRandom random(1);
  for (unsigned bytes = 1; bytes <= 8; ++bytes) {
    std::byte block[64];
    for (int turn = 0; turn < 200; ++turn) {
      for (std::byte& b : block) b = static_cast<std::byte>(random.next());
      std::byte before[64];
      std::copy_n(block, 64, before);
      const auto value = static_cast<std::int64_t>(random.next()) >> (64 - 8 * bytes);
      std::byte* end = block + 16 + random.below(40);
      store_narrow(end, bytes, static_cast<std::uint64_t>(value));
      EXPECT_EQ(load_narrow(end, bytes), value);
      EXPECT_EQ(load_any(end, bytes), value);
      EXPECT_TRUE(std::equal(block, end - bytes, before));
      EXPECT_TRUE(std::equal(end, block + 64, before + (end - block)));
    }
  }
}

TEST(NarrowInt, LeastWidths) {
  EXPECT_EQ(bytes_of(0), 1u);
  for (unsigned bytes = 1; bytes < 8; ++bytes) {
    const Int128 limit = Int128{1} << (8 * bytes - 1);
    EXPECT_EQ(bytes_of(limit - 1), bytes);
    EXPECT_EQ(bytes_of(-limit), bytes);
    EXPECT_EQ(bytes_of(limit), bytes + 1);
    EXPECT_EQ(bytes_of(-limit - 1), bytes + 1);
    EXPECT_EQ(unsigned_bytes_of(static_cast<std::uint64_t>(2 * limit - 1)), bytes);
    EXPECT_EQ(unsigned_bytes_of(static_cast<std::uint64_t>(2 * limit)), bytes + 1);
  }
  EXPECT_EQ(bytes_of(INT64_MAX), 8u);
  EXPECT_EQ(bytes_of(INT64_MIN), 8u);
  EXPECT_EQ(bytes_of(Int128{INT64_MAX} + 1), 16u);
}

TEST(ExactSum, OneFloatComesBackAsItIs) {
  base::SeededRandom random(2);
  for (int i = 0; i < 100'000; ++i) {
    const auto mantissa = static_cast<double>(static_cast<std::int64_t>(random.next()) >> 11);
    const double value = std::ldexp(mantissa, static_cast<int>(random.between(-116, 53)));
    ASSERT_TRUE(fits_float(value));
    std::uint64_t words[4];
    float_words(value, words);
    EXPECT_EQ(to_double(words, 4, -static_cast<int>(kFloatBits)), value);
  }
}

TEST(ExactSum, TinyFloatsAreRoundedHalfToEven) {
  const auto units = [](double value) {
    std::uint64_t words[4];
    float_words(value, words);
    return static_cast<std::int64_t>(words[0]);
  };
  EXPECT_EQ(units(0x1p-116), 1);
  EXPECT_EQ(units(-0x1p-116), -1);
  EXPECT_EQ(units(0x1p-117), 0);
  EXPECT_EQ(units(0x1.8p-116), 2);
  EXPECT_EQ(units(0x1.4p-115), 2);
  EXPECT_EQ(units(0x1.0000001p-117), 1);
  EXPECT_EQ(units(5e-324), 0);
  EXPECT_EQ(units(0.0), 0);
}

// Sums of numbers whose exact sum fits a long double are that sum, in any order.
TEST(ExactSum, SumsAndSquaresOfFloats) {
  base::SeededRandom random(3);
  for (int turn = 0; turn < 500; ++turn) {
    std::uint64_t sum[4] = {}, squares[8] = {}, term[8];
    long double plain = 0, plain_squares = 0;
    std::vector<double> values;
    for (int i = 0; i < 50; ++i) {
      values.push_back(std::ldexp(static_cast<double>(random.between(-1'000'000, 1'000'000)), -10));
    }
    for (const double value : values) {
      plain += value;
      plain_squares += static_cast<long double>(value) * value;
      float_words(value, term);
      add_words(sum, term, 4);
      float_square(value, term);
      add_words(squares, term, 8);
    }
    EXPECT_EQ(to_double(sum, 4, -116), static_cast<double>(plain));
    EXPECT_EQ(to_double(squares, 8, -232), static_cast<double>(plain_squares));
    const long double exact = 50 * plain_squares - plain * plain;
    EXPECT_NEAR(spread(50, squares, 8, sum, 4, -232), static_cast<double>(exact),
                static_cast<double>(exact) * 1e-15);
    for (const double value : values) {
      float_words(value, term);
      subtract_words(sum, term, 4);
      float_square(value, term);
      subtract_words(squares, term, 8);
    }
    EXPECT_TRUE(std::all_of(sum, sum + 4, [](std::uint64_t w) { return w == 0; }));
    EXPECT_TRUE(std::all_of(squares, squares + 8, [](std::uint64_t w) { return w == 0; }));
  }
}

TEST(ExactSum, RoundsOnceAndToEven) {
  const std::uint64_t half[3] = {(std::uint64_t{1} << 53) + 1, 0, 0};
  EXPECT_EQ(to_double(half, 3, 0), 0x1p53);
  const std::uint64_t odd[3] = {(std::uint64_t{1} << 53) + 3, 0, 0};
  EXPECT_EQ(to_double(odd, 3, 0), 0x1p53 + 4);
  // A bit far below tips the balance.
  const std::uint64_t above[3] = {1, 0, std::uint64_t{1} << 62 | std::uint64_t{1} << 9};
  EXPECT_EQ(to_double(above, 3, 0), std::ldexp(0x1p52 + 1, 138));
  const std::uint64_t tie[3] = {0, 0, std::uint64_t{1} << 62 | std::uint64_t{1} << 9};
  EXPECT_EQ(to_double(tie, 3, 0), 0x1p190);
}

TEST(ExactSum, SpreadOfTheWidestIntegers) {
  std::uint64_t sum[2] = {}, squares[3] = {}, term[3];
  for (const std::int64_t value : {INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX}) {
    widen(value, term);
    add_words(sum, term, 2);
    square(value, term);
    add_words(squares, term, 3);
  }
  // n * sum of squares - square of the sum, of +-2^63 nearly: 16 * 2^126.
  EXPECT_DOUBLE_EQ(spread(4, squares, 3, sum, 2, 0), 0x1p130);
}

// Numbers of every size: the short way of small ones and the long way of large ones.
TEST(ExactSum, SpreadOfIntegers) {
  base::SeededRandom random(4);
  for (int bits = 1; bits < 63; ++bits) {
    for (int turn = 0; turn < 50; ++turn) {
      std::uint64_t sum[2] = {}, squares[3] = {}, term[3];
      const std::uint64_t n = 2 + random.below(20);
      std::vector<std::int64_t> values;
      for (std::uint64_t i = 0; i < n; ++i) {
        const std::int64_t bound = std::int64_t{1} << bits;
        values.push_back(random.between(-bound / 4, bound));
        widen(values.back(), term);
        add_words(sum, term, 2);
        square(values.back(), term);
        add_words(squares, term, 3);
      }
      // The same by pairs: the sum over i < j of (x_i - x_j)^2.
      long double pairs = 0;
      for (const std::int64_t a : values) {
        for (const std::int64_t b : values) {
          const auto apart = static_cast<long double>(Int128{a} - b);
          pairs += apart * apart / 2;
        }
      }
      const double got = spread(n, squares, 3, sum, 2, 0);
      EXPECT_NEAR(got, static_cast<double>(pairs), static_cast<double>(pairs) * 1e-15) << bits;
    }
  }
}

TEST(ExactSum, MeansAreRoundedHalfToEven) {
  const auto mean = [](Int128 value, std::int64_t multiplier, std::uint64_t n) {
    Int128 out = -999;
    EXPECT_TRUE(mean_half_even(value, multiplier, n, &out));
    return static_cast<std::int64_t>(out);
  };
  EXPECT_EQ(mean(5, 1, 2), 2);
  EXPECT_EQ(mean(7, 1, 2), 4);
  EXPECT_EQ(mean(-5, 1, 2), -2);
  EXPECT_EQ(mean(-7, 1, 2), -4);
  EXPECT_EQ(mean(1, 10'000, 3), 3'333);
  EXPECT_EQ(mean(2, 10'000, 3), 6'667);
  Int128 out;
  EXPECT_FALSE(mean_half_even(Int128{1} << 120, 10'000, 3, &out));
  EXPECT_TRUE(mean_half_even(Int128{1} << 113, 10'000, 3, &out));
}

TEST(ExactSum, OrderedBitsOrderAsFloatsDo) {
  const double values[] = {-1e300, -1, -1e-300, -0.0, 0.0, 5e-324, 1, 2, 1e300};
  for (const double a : values) {
    EXPECT_EQ(from_ordered_bits(ordered_bits(a)), a);
    for (const double b : values) {
      EXPECT_EQ(a < b, ordered_bits(a) < ordered_bits(b));
      EXPECT_EQ(a == b, ordered_bits(a) == ordered_bits(b));
    }
  }
}

TEST(TextCell, ShortAndLong) {
  base::Pool pool;
  for (std::size_t size = 0; size < 200; ++size) {
    for (const char fill : {'x', '\0', '\xFF'}) {
      const std::string text(size, fill);
      const Int128 cell = TextCell::own(pool, text);
      EXPECT_EQ(TextCell::view(cell), text);
      EXPECT_EQ(TextCell::is_long(cell), size > TextCell::kInline);
      EXPECT_EQ(TextCell::bytes(cell), pool.bytes_in_use());
      const Int128 copy = TextCell::clone(pool, cell);
      TextCell::disown(pool, cell);
      EXPECT_EQ(TextCell::view(copy), text);
      TextCell::disown(pool, copy);
      EXPECT_EQ(pool.bytes_in_use(), 0u);
    }
  }
  EXPECT_EQ(bytes_of(TextCell::own(pool, "GB")), 3u);
}

}  // namespace
}  // namespace weir::state
