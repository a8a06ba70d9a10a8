using System.Diagnostics;

namespace Channels.Tests.Support;

/// <summary>
/// Programs that some tests need and a machine may lack. A missing one skips the test with its name; where everything
/// must run, the environment variable <c>CHANNELS_REQUIRE_TOOLS=1</c> makes it fail instead.
/// </summary>
public static class ExternalTools
{
    /// <summary>The folder of the Node tests; their packages are in <c>node_modules</c> below it.</summary>
    public static string NodeFolder { get; } = Repository.PathOf("Channels.Tests", "EndToEnd", "node");

    /// <summary>The folder of the TypeScript client; what it is built and checked with is in <c>node_modules</c> below it.</summary>
    public static string ClientFolder { get; } = Repository.PathOf("Channels.SocketRouter", "client");

    /// <summary>Skips or fails the test unless the tool is there.</summary>
    /// <param name="tool"><c>node</c>, <c>npm:PACKAGE</c>, <c>client:PACKAGE</c>, <c>chromium</c>, <c>redis-server</c>, <c>redis-sentinel</c>, <c>garnet-server</c>, <c>python3-channels</c>, <c>python3-channels-redis</c>, <c>python3-socketio</c>, or any program's name.</param>
    /// <returns>What to start: the program's full path, or the package's folder.</returns>
    public static string Require(string tool)
    {
        if (Find(tool) is { } found)
        {
            return found;
        }

        var message = $"skipped: {tool} is not installed (eng/install-test-tools.sh installs it)";
        if (Environment.GetEnvironmentVariable("CHANNELS_REQUIRE_TOOLS") == "1")
        {
            Assert.Fail($"{message}; CHANNELS_REQUIRE_TOOLS=1 forbids to skip");
        }

        Assert.Ignore(message);
        return ""; // not reached: Ignore throws
    }

    /// <summary>Where the tool is; null when it is missing.</summary>
    /// <param name="tool">As for <see cref="Require"/>.</param>
    public static string? Find(string tool) => tool switch
    {
        _ when tool.StartsWith("npm:", StringComparison.Ordinal) => ExistingFolder(Path.Combine(NodeFolder, "node_modules", tool[4..])),
        _ when tool.StartsWith("client:", StringComparison.Ordinal) => ExistingFolder(Path.Combine(ClientFolder, "node_modules", tool[7..])),
        // The one without windows is the same engine and costs half the processor time.
        "chromium" => OnPath("chromium-headless-shell") ?? OnPath("chromium") ?? OnPath("chromium-browser") ?? OnPath("google-chrome"),
        "garnet-server" => OnPath(tool) ?? ExistingFile(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet", "tools", tool)),
        "python3-channels" => PythonWith("channels"),
        "python3-channels-redis" => PythonWith("channels_redis"),
        "python3-socketio" => PythonWith("socketio, websocket, requests"),
        _ => OnPath(tool),
    };

    private static string? ExistingFolder(string path) => Directory.Exists(path) ? path : null;

    private static string? ExistingFile(string path) => File.Exists(path) ? path : null;

    // Servers such as nginx stand where the path of a plain user does not lead.
    private static string? OnPath(string program) => $"{Environment.GetEnvironmentVariable("PATH")}{Path.PathSeparator}/usr/sbin"
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    // The distribution's packages belong to its own interpreter, which need not be the first on the path.
    private static string? PythonWith(string module) => new[] { "/usr/bin/python3", OnPath("python3") }
        .FirstOrDefault(python => python is not null && File.Exists(python) && Imports(python, module));

    private static bool Imports(string python, string module)
    {
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", $"import {module}"]) { RedirectStandardError = true, RedirectStandardOutput = true });
        process!.WaitForExit(Eventually.Patience); // Start returns null only for shell execution
        return process.HasExited && process.ExitCode == 0;
    }
}
