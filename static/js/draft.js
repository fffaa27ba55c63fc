/* 自動保存：經辦人花半小時寫的字，斷網、過期、誤關都不丟。

   <form data-autosave="保存地址" data-draft-key="這張表單的名字">
   先寫本機（localStorage），再送服務端；服務端收下了才刪本機那份。
   data-autosave 空着的只存本機，交上去才算數（考察記錄：存一次留一次痕，不能停筆就存）；
   data-draft-version 是頁上那份的版本，交上去之後變了，本機那份就作廢；
   data-draft-unsaved 說頁上這份沒有存成（有錯退回來的），本機那份還留着。
   提交之後，下一頁不是登錄頁、出錯頁或同一張表單，才算真的交上去了。 */
(() => {
  "use strict";
  const { $, $$, say, words, make, button, icon } = window.page;
  const EVERY = 20000; /* 毫秒 */
  const PAUSE = 3000; /* 停筆多久就存 */
  const KEEP = 14 * 24 * 3600 * 1000; /* 本機那份最多留兩週 */
  const PREFIX = "draft:";
  const user = document.body.dataset.user || "";

  const store = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
        return true;
      } catch {
        return false; /* 隱私模式或已滿：離開前要問 */
      }
    },
    drop(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        /* 本來就存不進去 */
      }
    },
    keys() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
      } catch {
        return [];
      }
    },
  };

  const SKIP = /^(csrfmiddlewaretoken|version|next)$|password/;
  const written = (form) =>
    [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !SKIP.test(name));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const clockNow = () =>
    new Date().toLocaleTimeString("zh-CN", {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
      timeZone: "Asia/Shanghai",
    });

  class Draft {
    constructor(form) {
      this.form = form;
      this.url = form.dataset.autosave;
      this.key = `${PREFIX}${user}:${form.dataset.draftKey || this.url}`;
      this.version = form.dataset.draftVersion || "";
      this.saved = "draftUnsaved" in form.dataset ? [] : written(form);
      this.saving = false;
      this.stopped = false;
      this.offer();
      form.addEventListener("input", () => this.changed());
      form.addEventListener("change", () => this.changed());
      form.addEventListener("submit", (event) => this.submitted(event));
      this.timer = setInterval(() => (form.isConnected ? this.save() : this.end()), EVERY);
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden") this.save(true);
      });
      addEventListener("pagehide", () => this.save(true));
      addEventListener("online", () => this.save());
    }

    end() {
      clearInterval(this.timer);
      this.stopped = true;
    }

    changed() {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.save(), PAUSE);
      if (!this.keep()) this.form.dataset.dirty = "1";
      else if (!this.url) this.tell("kept", { time: clockNow() });
    }

    keep(more = {}) {
      const fields = written(this.form);
      if (same(fields, this.saved) && !more.submitted) return true;
      const { version } = this;
      return store.set(this.key, { at: Date.now(), clock: clockNow(), version, fields, ...more });
    }

    /* 送服務端。leaving：頁面正在離開，用 keepalive 讓請求活下去。 */
    async save(leaving = false) {
      const fields = written(this.form);
      if (!this.url || this.stopped || this.gone || same(fields, this.saved)) return;
      /* 隱藏和離開兩個事件會接連來，同樣的內容不送兩遍（第二遍的版本號已經舊了）。 */
      if (this.saving && (!leaving || same(fields, this.sending))) return;
      this.saving = true;
      this.sending = fields;
      clearTimeout(this.pause);
      try {
        const answer = await this.send(fields, leaving);
        if (answer.status === 403 && !this.renewed && (await this.renewToken())) {
          this.saving = false;
          this.renewed = true;
          return await this.save(leaving);
        }
        this.renewed = false;
        await this.heard(answer, fields);
      } catch {
        this.tell("offline");
      } finally {
        this.saving = false;
      }
    }

    send(fields, leaving) {
      const body = new URLSearchParams(fields);
      for (const name of ["csrfmiddlewaretoken", "version"]) {
        const input = this.form.elements[name];
        if (input) body.set(name, input.value);
      }
      return fetch(this.url, {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch" },
        /* keepalive 的正文不得超過 64 KB，更長的靠本機那份。 */
        keepalive: leaving && body.toString().length < 60000,
      });
    }

    async heard(answer, fields) {
      if (answer.status === 409) return this.conflict();
      if (answer.redirected || answer.status === 401 || answer.status === 403) return this.tell("expired");
      if (!answer.ok) return this.tell(answer.status < 500 ? "refused" : "offline");
      const isJson = (answer.headers.get("Content-Type") || "").includes("json");
      const told = isJson ? await answer.json() : {};
      const version = told.version ?? answer.headers.get("X-Version");
      const input = this.form.elements.version;
      if (version !== null && version !== undefined && input) input.value = version;
      this.saved = fields;
      delete this.form.dataset.dirty;
      if (same(written(this.form), fields)) store.drop(this.key);
      this.tell("saved", { time: told.saved_at || clockNow() }, told.note);
    }

    /* 在別的標籤頁重新登錄後，本頁的令牌已舊：取一張新的，只認同一個人。 */
    async renewToken() {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected) return false;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = $("input[name=csrfmiddlewaretoken]", fresh)?.value;
      if (!token || (fresh.body.dataset.user || "") !== user) return false;
      $$("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = token));
      document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
      return true;
    }

    conflict() {
      this.end();
      this.keep();
      this.tell("");
      const box = this.note("c-note--warn", "swap", say("conflict_title"), say("conflict_text"));
      const acts = make("span", "act");
      const look = make("a", "btn btn-sm", say("conflict_open"));
      look.href = location.href;
      look.target = "_blank";
      look.rel = "noopener";
      acts.append(look);
      box.append(acts);
    }

    /* 本機有一份比頁面上新的：問要不要恢復，不自作主張。 */
    offer() {
      const left = store.get(this.key);
      if (!left) return;
      if (same(left.fields, this.saved) || Date.now() - left.at > KEEP) return store.drop(this.key);
      if (same(left.fields, written(this.form))) return;
      const box = this.note("c-note--warn", "save", say("found_title"), say("found_text", { time: left.clock }));
      const acts = make("span", "act");
      acts.append(
        button(say("restore"), "btn btn-sm btn-primary", () => {
          fill(this.form, left.fields);
          box.remove();
          this.save();
        }),
        button(say("discard"), "btn btn-sm", () => {
          store.drop(this.key);
          box.remove();
        }),
      );
      box.append(acts);
    }

    note(kind, iconName, title, text) {
      $(".c-draft", this.form.parentElement)?.remove();
      const box = make("div", `c-note c-draft ${kind}`);
      const body = make("div");
      body.append(make("span", "c-note__t", title), document.createTextNode(` ${text}`));
      box.append(icon(iconName), body);
      box.setAttribute("role", "alert");
      this.form.before(box);
      return box;
    }

    tell(key, values, note = "") {
      const outputs = $$("[data-autosave-status]", this.form.closest("main") || document);
      outputs.forEach((output) => {
        output.textContent = key ? [say(key, values), note].filter(Boolean).join("。") : "";
        if (key === "expired" && words.sign_in) {
          const link = make("a", "", say("sign_in_again"));
          link.href = words.sign_in;
          link.target = "_blank";
          output.append(" ", link);
        }
      });
    }

    submitted(event) {
      if (event.defaultPrevented) return;
      if (this.saving) {
        /* 保存還在路上：等它回來（版本號會變）再交，免得自己和自己衝突。 */
        event.preventDefault();
        event.stopPropagation();
        const { submitter } = event;
        const wait = setInterval(() => {
          if (this.saving) return;
          clearInterval(wait);
          this.form.requestSubmit(submitter || undefined);
        }, 50);
        return;
      }
      clearTimeout(this.pause);
      this.gone = true;
      this.keep({ submitted: true });
      /* 交不出去（如必填沒填，瀏覽器攔下）而留在本頁時，繼續保存。 */
      setTimeout(() => (this.gone = false), 10000);
    }
  }

  function fill(form, fields) {
    const values = new Map();
    fields.forEach(([name, value]) => values.set(name, [...(values.get(name) || []), value]));
    for (const input of form.elements) {
      if (!input.name || input.type === "hidden" || input.type === "file" || SKIP.test(input.name)) continue;
      const wanted = values.get(input.name) || [];
      if (input.type === "checkbox" || input.type === "radio") input.checked = wanted.includes(input.value);
      else if (input.tagName === "SELECT" && input.multiple)
        [...input.options].forEach((option) => (option.selected = wanted.includes(option.value)));
      else if (wanted.length) input.value = wanted.shift();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  /* 上一頁交出去的：到了正常的下一頁才刪；登錄頁、出錯頁、同一張表單都留着。 */
  function settle() {
    const open = new Map(
      $$("form[data-autosave]").map(({ dataset }) => [
        dataset.draftKey || dataset.autosave,
        dataset.draftVersion || "",
      ]),
    );
    for (const key of store.keys()) {
      const left = store.get(key);
      if (!left || Date.now() - left.at > KEEP) store.drop(key);
      else if (left.submitted && user && key.startsWith(`${PREFIX}${user}:`)) {
        const name = key.slice(`${PREFIX}${user}:`.length);
        if (open.has(name) && open.get(name) === (left.version || ""))
          store.set(key, { ...left, submitted: false });
        else if (!$(".p-err")) store.drop(key);
      }
    }
  }

  const begin = (within) =>
    $$("form[data-autosave]", within).forEach((form) => {
      if (form.dataset.watched) return;
      form.dataset.watched = "1";
      new Draft(form);
    });
  settle();
  begin(document);
  document.addEventListener("page:prepare", (event) => begin(event.detail));
})();
