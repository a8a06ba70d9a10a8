using Channels.Fuzzing;
using SharpFuzz;

// usage: Channels.Fuzzing names | seeds TARGET FOLDER | TARGET < input
// Under afl-fuzz the last form serves one input after the other; by hand it decodes one, to see what was found.
switch (args)
{
    case ["names"]:
        Console.WriteLine(string.Join('\n', FuzzTarget.All.Keys));
        return 0;
    case ["seeds", var name, var folder] when FuzzTarget.All.TryGetValue(name, out var make):
        Directory.CreateDirectory(folder);
        foreach (var (number, seed) in make().Seeds.Index())
        {
            File.WriteAllBytes(Path.Combine(folder, $"seed{number:000}"), seed);
        }

        return 0;
    case [var name] when FuzzTarget.All.TryGetValue(name, out var make):
        FuzzTarget? target = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            target ??= make();
            using var input = new MemoryStream();
            stream.CopyTo(input);
            target.Check(input.ToArray());
        });
        return 0;
    default:
        Console.Error.WriteLine($"usage: names | seeds TARGET FOLDER | TARGET < input; targets: {string.Join(", ", FuzzTarget.All.Keys)}");
        return 2;
}
