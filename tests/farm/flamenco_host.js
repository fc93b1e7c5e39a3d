// SPDX-License-Identifier: GPL-3.0-or-later
// What Flamenco Manager gives to a job type, as far as ours needs it: compiles one job and writes
// its tasks as JSON.
//
// node flamenco_host.js JOB_TYPE.js < SETTINGS.json

"use strict";

const fs = require("fs");
const vm = require("vm");

class Task {
    constructor(name, type) {
        if (!String(name).trim()) throw new Error("author.Task(name, type): name is required");
        if (!String(type).trim()) throw new Error("author.Task(name, type): type is required");
        this.name = name;
        this.type = type;
        this.commands = [];
        this.dependencies = [];
    }
    addCommand(command) {
        this.commands.push(command);
    }
    addDependency(task) {
        if (!(task instanceof Task)) throw new Error("a task depends on tasks");
        this.dependencies.push(task);
    }
}

function numbers(range) {
    const found = new Set();
    for (const part of range.replaceAll("..", "-").split(",")) {
        const ends = part.split("-").map((end) => end.trim());
        if (ends.length > 2 || !ends.every((end) => /^\d+$/.test(end))) {
            throw new Error(`invalid range "${range}": ${part}`);
        }
        for (let n = Number(ends[0]); n <= Number(ends.at(-1)); n++) found.add(n);
    }
    return [...found].sort((a, b) => a - b);
}

// Two that follow one another are written one by one: "1,2".
function merged(list) {
    const runs = [];
    for (const n of list) {
        const run = runs.at(-1);
        if (run && n === run.at(-1) + 1) run.push(n);
        else runs.push([n]);
    }
    return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(","))).join(",");
}

function frameChunker(range, size) {
    if (size < 1) throw new Error(`invalid chunk size, must be positive number: ${size}`);
    const all = numbers(range);
    const chunks = [];
    for (let i = 0; i < all.length; i += size) chunks.push(merged(all.slice(i, i + size)));
    return chunks;
}

const printed = [];
const context = vm.createContext({
    author: {
        Task: (name, type) => new Task(name, type),
        Command: (name, parameters) => ({ name, parameters }),
    },
    frameChunker,
    print: (...words) => printed.push(words.join(" ")),
});
const script = fs.readFileSync(process.argv[2], "utf8");
const { JOB_TYPE, compileJob } = vm.runInContext(
    `"use strict";${script}\n;({ JOB_TYPE, compileJob })`, context
);

// What is added to a task after the task was added to the job is lost.
const originals = [];
const tasks = [];
function addTask(task) {
    originals.push(task);
    tasks.push({ ...task, commands: [...task.commands], dependencies: [...task.dependencies] });
}
const settings = JSON.parse(fs.readFileSync(0, "utf8"));
try {
    compileJob({ settings, addTask });
} catch (error) {
    process.stderr.write(`${error.message || error}\n`);
    process.exit(1);
}
const told = tasks.map((task) => ({
    ...task,
    dependencies: task.dependencies.map((other) => originals.indexOf(other)),
}));
process.stdout.write(JSON.stringify({ job_type: JOB_TYPE, tasks: told, printed }));
