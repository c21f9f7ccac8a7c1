import "outrider/define";

const chat = document.querySelector("scout-chat");
const answers = document.querySelector("#answers");

chat.addEventListener("message-received", () => {
  answers.textContent = Number(answers.textContent) + 1;
});
