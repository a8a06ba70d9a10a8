using System.Diagnostics;
using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>Django Channels under one of its servers, with whichever Python has the packages.</summary>
internal sealed class DjangoPeer(string name, string module, Func<string, string[]> arguments) : Peer(name)
{
    private static readonly string Folder = Repository.Path("Channels.Benchmarks", "External", "django");
    private static readonly string[] Pythons = ["python3", "/usr/bin/python3"];

    private readonly Lazy<string?> _python = new(() => Array.Find(Pythons, python => Imports(python, module)));

    internal override bool IsDotNet => false;

    internal override bool OneRoundIsEnough => true;

    internal override string? Missing =>
        _python.Value is null ? $"no python3 has channels and {module}; install python3-django-channels, daphne, python3-uvicorn" : null;

    internal override ProcessStartInfo Start(int port) =>
        Program(_python.Value!, Folder, ["-m", module, .. arguments(port.ToString(CultureInfo.InvariantCulture)), "app:application"]);

    private static bool IsThere(string python) => Path.IsPathRooted(python) ? File.Exists(python) : IsInstalled(python);

    private static bool Imports(string python, string module)
    {
        if (!IsThere(python)) return false;
        var start = Program(python, Folder, "-c", $"import channels, {module}");
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        using var process = Process.Start(start);
        process!.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
