import "outrider/define";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function App() {
  const [answers, setAnswers] = useState(0);
  return (
    <>
      <scout-chat model="nano" system="Answer briefly." onmessage-received={() => setAnswers((n) => n + 1)} />
      <p role="status">Answers: {answers}</p>
    </>
  );
}

createRoot(document.querySelector("#app")).render(<App />);
