// Choice is one of a token's k experts as the router writes it, ops.ChoiceWords words.
struct Choice {
  expert: u32,
  slot: u32, // the slot of its weights, or MISSING
  weight: f32, // sigmoid of its logit; it scales the expert's input
}

const MISSING = 0xffffffffu;
