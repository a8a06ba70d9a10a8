using System.Diagnostics;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter.Client;

/// <summary>The TypeScript client: built once per test run, and the tools of its folder.</summary>
internal static class ClientPackage
{
    private static readonly Lazy<Task> Build = new(BuildOnceAsync);

    /// <summary>A file of the client's folder.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([ExternalTools.ClientFolder, .. parts]);

    /// <summary>Builds what is published into <c>dist</c>; only the first call does anything.</summary>
    public static Task BuildAsync()
    {
        ExternalTools.Require("node");
        ExternalTools.Require("client:esbuild");
        return Build.Value;
    }

    /// <summary>Runs a program of a package in the client's folder and expects success.</summary>
    public static async Task<string> RunAsync(string package, string program, params string[] arguments)
    {
        ExternalTools.Require($"client:{package}");
        return await NodeAsync([PathOf("node_modules", package, program), .. arguments]);
    }

    /// <summary>Runs Node in the client's folder and expects success.</summary>
    public static async Task<string> NodeAsync(params string[] arguments)
    {
        using var node = Process.Start(new ProcessStartInfo(ExternalTools.Require("node"), arguments)
        {
            WorkingDirectory = ExternalTools.ClientFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["FORCE_COLOR"] = "0" },
        })!; // null only with the shell
        var output = await Task.WhenAll(node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync()).WaitAsync(Eventually.Patience);
        await node.WaitForExitAsync();
        Assert.That(node.ExitCode, Is.Zero, string.Concat(output));
        return output[0];
    }

    private static async Task BuildOnceAsync() => await NodeAsync("build.js");
}
