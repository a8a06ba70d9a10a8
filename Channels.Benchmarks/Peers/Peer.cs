using System.Diagnostics;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>A server program that can be measured.</summary>
/// <param name="name">The name used by <c>--peers</c>.</param>
/// <param name="backend">What its processes talk through; null: they need nothing.</param>
internal abstract class Peer(string name, Peer? backend = null)
{
    private const int ProcessesOverBackend = 2;

    /// <summary>The name used by <c>--peers</c>.</summary>
    internal string Name => name;

    /// <summary>The server that the peer's processes talk through; started first, never loaded directly.</summary>
    internal Peer? Backend => backend;

    /// <summary>How many processes serve the load together: several only where a backend joins them.</summary>
    internal int Processes => backend is null ? 1 : ProcessesOverBackend;

    /// <summary>Allocations can be read from outside.</summary>
    internal virtual bool IsDotNet => true;

    /// <summary>So far behind that one round tells enough; its cells take many times as long as anybody else's.</summary>
    internal virtual bool OneRoundIsEnough => false;

    /// <summary>Why the peer cannot run on this machine; null when it can.</summary>
    internal virtual string? Missing => null;

    /// <summary>How one process of it is started on a port of the loopback address.</summary>
    internal abstract ProcessStartInfo Start(int port, IPEndPoint? backend);

    /// <summary>A start through the host of .NET, with the settings every .NET peer gets.</summary>
    protected static ProcessStartInfo DotNet(string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet");
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        return start;
    }

    /// <summary>A start of any other program, from the folder of its files.</summary>
    protected static ProcessStartInfo Program(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }

    /// <summary>Whether a program of this name is on the path.</summary>
    protected static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
