using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>
/// Django Channels under one of its servers, with whichever Python has the packages; in memory, or as several processes
/// that share channels_redis' pub/sub layer.
/// </summary>
internal sealed class DjangoPeer(string name, string module, Func<string, string[]> arguments, Peer? redis = null) : Peer(name, redis)
{
    private static readonly string Folder = Repository.Path("Channels.Benchmarks", "External", "django");
    private static readonly string[] Pythons = ["python3", "/usr/bin/python3"];

    private readonly string _modules = redis is null ? $"channels, {module}" : $"channels, channels_redis, {module}";
    private string? _python;

    internal override bool IsDotNet => false;

    internal override bool OneRoundIsEnough => true;

    internal override string? Missing => Python is null
        ? $"no python3 has {_modules}; install python3-django-channels, python3-channels-redis, daphne, python3-uvicorn"
        : null;

    private string? Python => _python ??= Array.Find(Pythons, python => Imports(python, _modules));

    internal override ProcessStartInfo Start(int port, IPEndPoint? backend)
    {
        var start = Program(Python!, Folder, ["-m", module, .. arguments(port.ToString(CultureInfo.InvariantCulture)), "app:application"]); // not missing
        if (backend is not null) start.Environment["BENCH_REDIS"] = $"redis://{backend}/0";
        return start;
    }

    private static bool IsThere(string python) => Path.IsPathRooted(python) ? File.Exists(python) : IsInstalled(python);

    private static bool Imports(string python, string modules)
    {
        if (!IsThere(python)) return false;
        var start = Program(python, Folder, "-c", $"import {modules}");
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        using var process = Process.Start(start);
        process!.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
