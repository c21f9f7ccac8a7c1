// Choice is what the router says about one of a token's k experts.
struct Choice {
  expert: u32,
  weight: f32, // sigmoid of its logit: it scales the expert's input
}
