// Choice is what the router says about one of a token's k experts; ops.ChoiceWords in Go.
struct Choice {
  expert: u32,
  slot: u32, // where its weights lie, or MISSING
  weight: f32, // sigmoid of its logit: it scales the expert's input
}

const MISSING = 0xffffffffu;
