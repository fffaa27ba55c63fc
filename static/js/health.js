/* 運行狀況：服務器連不上時，舊的「一切正常」不能還掛在那裏。 */
(() => {
  "use strict";
  const mark = (isLost) => {
    const notice = document.getElementById("unreachable");
    notice.hidden = !isLost;
    notice.parentElement.classList.toggle("is-stale", isLost);
  };
  /* 在捕獲階段截下：這一頁自己說清楚了，不必每二十秒再彈一句「沒有辦成」。 */
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
    document.addEventListener(
      name,
      (event) => {
        if (event.target.id !== "parts") return;
        event.stopPropagation();
        mark(true);
      },
      true,
    );
  document.addEventListener("htmx:afterSwap", () => mark(false));
})();
