// SPDX-License-Identifier: GPL-3.0-or-later
// A Flamenco 3 job type: a Twostep job file on a farm, see docs/farm_flamenco.md. The same units
// are first sampled, without Blender, then put on their rigs and exported, in Blender. A last task
// looks at all of them.

const JOB_TYPE = {
    label: "Twostep Dances",
    description: "Dances and music of a Twostep job file, as files for other programs",
    settings: [
        { key: "job_file", type: "string", subtype: "file_path", required: true,
          description: "The job file (.toml or .json), on storage that all workers see" },
        { key: "target", type: "string", subtype: "dir_path", default: "",
          description: "The folder that the results are written to. Empty: the one that the job file names" },
        { key: "units", type: "string", required: true,
          description: "Which units of the job file, as '1-500' or '3, 17, 200-203'. How many there are is the last line of: python -m twostep batch JOBS.toml --dry-run" },
        { key: "chunk_size", type: "int32", default: 10, propargs: { min: 1, max: 1000 }, visible: "submission",
          description: "How many units one task does. A Blender is started once for each task" },
        { key: "preset", type: "string", choices: ["as the job file says", "generic", "unity", "unreal"],
          default: "as the job file says", description: "The program that the files are for" },
        { key: "command", type: "string", required: true, default: "python -m twostep",
          description: "How workers start Twostep: 'python -m twostep', or '{blender} --command twostep' where it is an extension of their Blender" },
        { key: "blender", type: "string", default: "{blender}",
          description: "The Blender that exports. Empty: the bpy module of that Python, else the Blender on the path" },
    ],
};

const PRESETS = ["generic", "unity", "unreal"];

function compileJob(job) {
    const settings = job.settings;
    const results = stage(settings, "results", "all", "blender", everyUnit(settings));
    const samples = [];
    const exports = [];
    for (const units of frameChunker(settings.units, settings.chunk_size)) {
        // Flamenco takes a task that fails from worker to worker, and takes workers off a job for
        // three that failed. A song that cannot be read is no worker's fault: it is told, and only
        // the last task fails for it, once for all.
        const sample = stage(settings, `sample-${units}`, "sample", "misc", units, ["--exit-zero"]);
        const apply = stage(settings, `apply-${units}`, "apply", "blender", units, ["--exit-zero"]);
        apply.addDependency(sample);
        results.addDependency(apply);
        samples.push(sample);
        exports.push(apply);
    }
    for (const task of samples.concat(exports, [results])) {
        job.addTask(task);
    }
    print(`Twostep: ${samples.length} chunks of ${settings.job_file}`);
}

function everyUnit(settings) {
    return frameChunker(settings.units, 1000000)[0];
}

// A task that does one stage of some units; its type says which workers may do it.
function stage(settings, name, stageName, type, units, more = []) {
    // Split at compile time, when {variables} still have their names: their values may hold spaces.
    const words = settings.command.split(" ").filter((word) => word.length > 0);
    if (words.length === 0) {
        throw "The command is empty; it is for example: python -m twostep";
    }
    const args = words.slice(1).concat(
        ["batch", settings.job_file, "--stage", stageName, "--units", units],
        settings.target ? ["--target", settings.target] : [],
        PRESETS.indexOf(settings.preset) >= 0 ? ["--preset", settings.preset] : [],
        settings.blender ? ["--blender", settings.blender] : [],
        more
    );
    const task = author.Task(name, type);
    task.addCommand(author.Command("exec", { exe: words[0], args: args }));
    return task;
}
