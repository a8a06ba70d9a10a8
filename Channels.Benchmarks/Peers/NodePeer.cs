using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>A peer on Node.js; its packages are fetched only by <c>run --install</c>.</summary>
internal sealed class NodePeer(string name, string package, string script, params string[] arguments) : Peer(name)
{
    private static readonly string Folder = Repository.Path("Channels.Benchmarks", "External", "node");

    internal override bool IsDotNet => false;

    internal override string? Missing
    {
        get
        {
            if (!IsInstalled("node")) return "node is not installed";
            return Directory.Exists(Path.Combine(Folder, "node_modules", package)) ? null : "its packages are not there; add --install once";
        }
    }

    internal static void Install(TextWriter log)
    {
        if (!IsInstalled("npm"))
        {
            log.WriteLine("npm is not installed; the Node peers stay away.");
            return;
        }

        using var npm = Process.Start(Program("npm", Folder, "install", "--no-audit", "--no-fund", "--silent"));
        npm!.WaitForExit();
        if (npm.ExitCode != 0) log.WriteLine("npm install failed; the Node peers stay away.");
    }

    internal override ProcessStartInfo Start(int port, IPEndPoint? backend)
    {
        var start = Program("node", Folder, [script, port.ToString(CultureInfo.InvariantCulture), .. arguments]);
        start.Environment["NODE_ENV"] = "production";
        return start;
    }
}
