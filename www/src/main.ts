import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { pageHash } from "./engine/self"; // takes a copy of the document before the app changes it

const target = document.getElementById("app");
if (target) mount(App, { target });

// For the proof panel, and for anyone who wants to compare: after the first paint.
setTimeout(() => (document.documentElement.dataset["sha256"] = pageHash()), 300);
