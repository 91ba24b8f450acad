// ---- do_everything_float16_hidden_size1024_activation_relu_has_bias_true_flavour_a__quoted__one ----

namespace kernel0 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 1024;
constexpr Activation ACTIVATION = Activation::Relu;
constexpr bool HAS_BIAS = true;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size1024_activation_relu_has_bias_true_flavour_a__quoted__one: float16 512 Relu biased a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel0

// ---- do_everything_float16_hidden_size1024_activation_relu_has_bias_false_flavour_a__quoted__one ----

namespace kernel1 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 1024;
constexpr Activation ACTIVATION = Activation::Relu;
constexpr bool HAS_BIAS = false;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size1024_activation_relu_has_bias_false_flavour_a__quoted__one: float16 512 Relu plain a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel1

// ---- do_everything_float16_hidden_size1024_activation_none_has_bias_true_flavour_a__quoted__one ----

namespace kernel2 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 1024;
constexpr Activation ACTIVATION = Activation::None;
constexpr bool HAS_BIAS = true;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size1024_activation_none_has_bias_true_flavour_a__quoted__one: float16 512 None biased a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel2

// ---- do_everything_float16_hidden_size1024_activation_none_has_bias_false_flavour_a__quoted__one ----

namespace kernel3 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 1024;
constexpr Activation ACTIVATION = Activation::None;
constexpr bool HAS_BIAS = false;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size1024_activation_none_has_bias_false_flavour_a__quoted__one: float16 512 None plain a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel3

// ---- do_everything_float16_hidden_size4096_activation_relu_has_bias_true_flavour_a__quoted__one ----

namespace kernel4 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 4096;
constexpr Activation ACTIVATION = Activation::Relu;
constexpr bool HAS_BIAS = true;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size4096_activation_relu_has_bias_true_flavour_a__quoted__one: float16 2048 Relu biased a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel4

// ---- do_everything_float16_hidden_size4096_activation_relu_has_bias_false_flavour_a__quoted__one ----

namespace kernel5 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 4096;
constexpr Activation ACTIVATION = Activation::Relu;
constexpr bool HAS_BIAS = false;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size4096_activation_relu_has_bias_false_flavour_a__quoted__one: float16 2048 Relu plain a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel5

// ---- do_everything_float16_hidden_size4096_activation_none_has_bias_true_flavour_a__quoted__one ----

namespace kernel6 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 4096;
constexpr Activation ACTIVATION = Activation::None;
constexpr bool HAS_BIAS = true;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size4096_activation_none_has_bias_true_flavour_a__quoted__one: float16 2048 None biased a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel6

// ---- do_everything_float16_hidden_size4096_activation_none_has_bias_false_flavour_a__quoted__one ----

namespace kernel7 {

typedef float16 TInput;
enum class Activation : i32 { Relu = 5, None = 0 };
constexpr i32 HIDDEN_SIZE = 4096;
constexpr Activation ACTIVATION = Activation::None;
constexpr bool HAS_BIAS = false;

struct Arguments {
  const GLOBAL TInput* input;
  u64 input_length;
  GLOBAL float* output;
  u64 output_length;
  GLOBAL i64* base;
  u64 base_length;
  i64 rows;
  u8 extra;
  bool flag;
  double scale;
};
static_assert(sizeof(Arguments) == 72 &&
              __builtin_offsetof(Arguments, input) == 0 &&
              __builtin_offsetof(Arguments, input_length) == 8 &&
              __builtin_offsetof(Arguments, output) == 16 &&
              __builtin_offsetof(Arguments, output_length) == 24 &&
              __builtin_offsetof(Arguments, base) == 32 &&
              __builtin_offsetof(Arguments, base_length) == 40 &&
              __builtin_offsetof(Arguments, rows) == 48 &&
              __builtin_offsetof(Arguments, extra) == 56 &&
              __builtin_offsetof(Arguments, flag) == 57 &&
              __builtin_offsetof(Arguments, scale) == 64, "as the launcher writes them");

// do_everything_float16_hidden_size4096_activation_none_has_bias_false_flavour_a__quoted__one: float16 2048 None plain a "quoted" one
DEVICE void run(const Arguments& arguments, u32 block) {
  if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
}

}  // namespace kernel7

}  // namespace

#pragma clang diagnostic pop

// ---- entry points ----------------------------------------------------------------------------------------------------

#if defined(GPU)
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size1024_activation_relu_has_bias_true_flavour_a__quoted__one(kernel0::Arguments arguments) {
  kernel0::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size1024_activation_relu_has_bias_false_flavour_a__quoted__one(kernel1::Arguments arguments) {
  kernel1::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size1024_activation_none_has_bias_true_flavour_a__quoted__one(kernel2::Arguments arguments) {
  kernel2::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size1024_activation_none_has_bias_false_flavour_a__quoted__one(kernel3::Arguments arguments) {
  kernel3::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size4096_activation_relu_has_bias_true_flavour_a__quoted__one(kernel4::Arguments arguments) {
  kernel4::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size4096_activation_relu_has_bias_false_flavour_a__quoted__one(kernel5::Arguments arguments) {
  kernel5::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size4096_activation_none_has_bias_true_flavour_a__quoted__one(kernel6::Arguments arguments) {
  kernel6::run(arguments, block_index());
}
extern "C" __attribute__((global, launch_bounds(256))) void do_everything_float16_hidden_size4096_activation_none_has_bias_false_flavour_a__quoted__one(kernel7::Arguments arguments) {
  kernel7::run(arguments, block_index());
}
#else
EXPORT const char quickreduce_source_id[17] = "SOURCE_ID";
EXPORT const u32 quickreduce_abi_version = 3;

EXPORT void do_everything_float16_hidden_size1024_activation_relu_has_bias_true_flavour_a__quoted__one(const kernel0::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel0::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size1024_activation_relu_has_bias_false_flavour_a__quoted__one(const kernel1::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel1::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size1024_activation_none_has_bias_true_flavour_a__quoted__one(const kernel2::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel2::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size1024_activation_none_has_bias_false_flavour_a__quoted__one(const kernel3::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel3::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size4096_activation_relu_has_bias_true_flavour_a__quoted__one(const kernel4::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel4::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size4096_activation_relu_has_bias_false_flavour_a__quoted__one(const kernel5::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel5::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size4096_activation_none_has_bias_true_flavour_a__quoted__one(const kernel6::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel6::run(*arguments, block);
}

EXPORT void do_everything_float16_hidden_size4096_activation_none_has_bias_false_flavour_a__quoted__one(const kernel7::Arguments* arguments, u32 first_block, u32 end_block) {
  for (u32 block = first_block; block < end_block; ++block) kernel7::run(*arguments, block);
}
#endif
