/* 編製頁：把右邊還沒用上的材料拖到正文的一節。
   沒有本腳本、用鍵盤時，選好哪一節再按「放進這一節」，是同一張表單。 */
(() => {
  "use strict";
  const { $, $$ } = window.page;
  const TYPE = "application/x-report-material";
  let dragged = null;

  const prepare = (within) =>
    $$("[data-drag]", within).forEach((item) => {
      item.draggable = true;
    });
  const target = (event) => dragged && event.target.closest?.("[data-drop]");
  const unmark = () => $$(".is-target").forEach((each) => each.classList.remove("is-target"));

  document.addEventListener("dragstart", (event) => {
    const item = event.target.closest?.("[data-drag]");
    if (!item) return;
    dragged = item;
    item.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData(TYPE, $("button[name=round]", item).value);
  });
  document.addEventListener("dragover", (event) => {
    const section = target(event);
    if (!section) return;
    event.preventDefault();
    if (section.classList.contains("is-target")) return;
    unmark();
    section.classList.add("is-target");
  });
  document.addEventListener("drop", (event) => {
    const section = target(event);
    if (!section) return;
    event.preventDefault();
    const form = dragged.closest("form");
    form.elements.section.value = section.dataset.drop;
    form.requestSubmit($("button[name=round]", dragged));
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    unmark();
  });

  prepare(document);
  document.addEventListener("page:prepare", (event) => prepare(event.detail));
})();
