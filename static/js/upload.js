/* 佐證上傳：一件一件在後台傳，各有進度；失敗的說明原因：網絡的可重試，文件本身不行的換一個。
   沒有本腳本時，文件隨表單一起提交。結構見 components/dropzone.html。 */
(() => {
  "use strict";
  const { $, $$, byId, say, make, button, icon, token, isSignIn } = window.page;
  const AT_ONCE = 2;
  const MB = 1024 * 1024;

  const size = (bytes) =>
    bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MB).toFixed(1)} MB`;

  class Upload {
    constructor(zone, file) {
      this.zone = zone;
      this.file = file;
      this.row = make("li", "c-file");
      this.row.tabIndex = -1;
      const old = zone.dataset.replaces && byId(zone.dataset.replaces);
      if (old) old.after(this.row);
      else listOf(zone).append(this.row);
      this.state = "waiting";
      this.draw();
    }

    draw(problem = "", canRetry = true) {
      const body = make("div");
      body.append(make("b", "", this.file.name), " ", make("span", "u-3 u-xs", size(this.file.size)));
      const acts = make("span", "l-rowline");
      if (problem) {
        const line = make("p", "invalid-feedback");
        line.append(icon("err"), make("span", "", problem));
        body.append(line);
        acts.append(
          canRetry
            ? button(say("retry"), "btn btn-sm", () => this.again())
            : button(say("change_file"), "btn btn-sm", () => this.change()),
        );
      } else {
        const bar = make("span", "c-bar");
        this.bar = make("progress");
        this.bar.max = 100;
        this.bar.value = 0;
        this.bar.setAttribute("aria-label", say("uploading", { name: this.file.name }));
        this.percent = make("b", "", "0%");
        bar.append(this.bar, this.percent);
        body.append(bar);
      }
      const remove = button("", "c-icobtn", () => this.cancel());
      remove.setAttribute("aria-label", say("remove", { name: this.file.name }));
      remove.append(icon("x"));
      acts.append(remove);
      const mark = make("span", "ph");
      mark.append(icon(this.file.type.startsWith("image/") ? "img" : "doc"));
      this.row.replaceChildren(mark, body, acts);
      this.row.classList.toggle("c-file--err", Boolean(problem));
      if (problem) this.row.setAttribute("role", "alert");
      else this.row.removeAttribute("role");
    }

    again() {
      this.state = "waiting";
      this.draw();
      next(this.zone);
    }

    /* 這個文件再傳也收不下：撤下這一行，打開選擇框。 */
    change() {
      this.cancel();
      $("input[type=file]:not([capture])", this.zone)?.click();
    }

    cancel() {
      this.state = "gone";
      this.xhr?.abort();
      this.row.remove();
      next(this.zone);
    }

    fail(problem, canRetry = true) {
      if (this.state === "gone") return;
      this.state = "failed";
      this.draw(problem, canRetry);
      next(this.zone);
    }

    start() {
      const limit = Number(this.zone.dataset.maxMb);
      if (limit && this.file.size > limit * MB) return this.fail(say("too_big", { limit }), false);
      if (this.file.size === 0) return this.fail(say("empty_file"), false);
      this.state = "sending";
      const form = new FormData();
      form.append("csrfmiddlewaretoken", token());
      form.append(this.zone.dataset.uploadName || "file", this.file);
      const xhr = (this.xhr = new XMLHttpRequest());
      xhr.open("POST", this.zone.dataset.upload);
      xhr.setRequestHeader("X-Requested-With", "fetch");
      xhr.setRequestHeader("X-CSRFToken", token());
      xhr.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const percent = Math.round((event.loaded / event.total) * 100);
        this.bar.value = percent;
        this.percent.textContent = `${percent}%`;
      });
      xhr.addEventListener("load", () => this.heard());
      xhr.addEventListener("error", () => this.fail(say("upload_offline")));
      xhr.send(form);
    }

    heard() {
      const { xhr } = this;
      if (isSignIn(xhr.responseURL)) return this.fail(say("expired"));
      if (xhr.status >= 200 && xhr.status < 300) return this.done();
      this.fail(reason(xhr), xhr.status < 400 || xhr.status >= 500 || [408, 429].includes(xhr.status));
    }

    done() {
      this.state = "done";
      const holder = make("template");
      holder.innerHTML = this.xhr.responseText.trim();
      const added = [...holder.content.children];
      this.row.replaceWith(...added);
      if (window.htmx) added.forEach((each) => window.htmx.process(each));
      this.zone.dispatchEvent(new CustomEvent("upload:done", { bubbles: true }));
      next(this.zone);
      if (this.zone.dataset.replaces) this.retire(added[0]);
    }

    /* 換一份：換下的那一行撤走，焦點落到新的一行。 */
    retire(fresh) {
      byId(this.zone.dataset.replaces)?.remove();
      fresh?.focus();
    }
  }

  /* 服務端說的那句話：JSON 的 error，或純文本；HTML 一律不直接顯示。 */
  function reason(xhr) {
    const type = xhr.getResponseHeader("Content-Type") || "";
    const text = xhr.responseText || "";
    if (type.includes("json")) {
      try {
        return JSON.parse(text).error || say("upload_failed");
      } catch {
        return say("upload_failed");
      }
    }
    if (type.includes("html")) {
      const said = new DOMParser().parseFromString(text, "text/html");
      const line = $("[data-error], .invalid-feedback", said)?.textContent.trim();
      return line || say("upload_failed");
    }
    return text.length < 300 && text.trim() ? text.trim() : say("upload_failed");
  }

  const queues = new WeakMap();
  const queueOf = (zone) => queues.get(zone) || queues.set(zone, []).get(zone);
  const pending = (zone) => queueOf(zone).filter((each) => /waiting|sending/.test(each.state));

  function listOf(zone) {
    const id = zone.dataset.uploadList;
    const found = id && byId(id);
    if (found) return found;
    const list = make("ul", "c-files");
    if (id) list.id = id;
    zone.after(list);
    return list;
  }

  function next(zone) {
    const queue = queueOf(zone);
    let sending = queue.filter((each) => each.state === "sending").length;
    for (const each of queue) {
      if (sending >= AT_ONCE) break;
      if (each.state !== "waiting") continue;
      each.start();
      if (each.state === "sending") sending += 1;
    }
    const left = pending(zone).length;
    const status = $("[data-picked]", zone);
    if (status) status.textContent = left ? say("uploading_count", { left }) : "";
    if (!left) finish(zone, queue);
  }

  /* 邊傳邊點了提交：傳完自動交；有失敗的就停下來讓人看。 */
  function finish(zone, queue) {
    const form = zone.closest("form");
    if (!form?.pendingSubmit) return;
    const { submitter } = form.pendingSubmit;
    form.pendingSubmit = null;
    const failed = queue.find((each) => each.state === "failed");
    if (failed) failed.row.focus();
    else form.requestSubmit(submitter || undefined);
  }

  function take(zone, files) {
    const queue = queueOf(zone);
    for (const file of files) queue.push(new Upload(zone, file));
    next(zone);
  }

  /* 沒有寫說明的照片有幾張：跟着清單變，不等刷新。各種佐證齊不齊由服務端核對（evidence_check.html）。 */
  function tally(list) {
    const plain = $("[data-uncaptioned]");
    if (!plain) return;
    const bare = $$("li", list).filter((row) => $("img", row) && $("input[name^=caption_]", row)?.value.trim() === "");
    plain.hidden = bare.length === 0;
    $("[data-n]", plain).textContent = String(bare.length);
  }
  const wantedList = $("[data-uncaptioned]") && byId("files");
  if (wantedList) {
    new MutationObserver(() => tally(wantedList)).observe(wantedList, { childList: true });
    wantedList.addEventListener("change", () => tally(wantedList));
    tally(wantedList);
  }

  document.addEventListener("change", (event) => {
    const input = event.target.closest?.("input[type=file]");
    if (!input) return;
    const zone = input.closest("[data-upload]");
    if (!zone) return;
    if (!zone.dataset.upload) {
      const names = [...input.files].map((file) => file.name);
      const status = $("[data-picked]", zone);
      if (status) status.textContent = names.join("、");
      return;
    }
    take(zone, [...input.files]);
    input.value = ""; /* 已經單獨傳了，不再隨表單重複提交 */
  });

  for (const type of ["dragover", "dragleave", "drop"])
    document.addEventListener(type, (event) => {
      const zone = event.target.closest?.("[data-upload]");
      if (!zone || !zone.dataset.upload) return;
      event.preventDefault();
      zone.classList.toggle("is-over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) take(zone, [...event.dataTransfer.files]);
    });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const left = $$("[data-upload]", form).reduce((sum, zone) => sum + pending(zone).length, 0);
      if (!left) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.pendingSubmit = { submitter: event.submitter };
      $$("[data-picked]", form).forEach((each) => (each.textContent = say("waiting_upload", { left })));
    },
    true,
  );

  addEventListener("beforeunload", (event) => {
    if (!$$("[data-upload]").some((zone) => pending(zone).length)) return;
    event.preventDefault();
    event.returnValue = "";
  });
})();
