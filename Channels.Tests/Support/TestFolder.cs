using System.Diagnostics;
using System.Globalization;

namespace Channels.Tests.Support;

/// <summary>
/// A temporary folder of a test, gone when it is disposed of. Those of a run that was killed are swept away by the next one:
/// each stands below a folder that is named after its process.
/// </summary>
internal sealed class TestFolder : IDisposable
{
    private static readonly string Root = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "channels-tests");

    /// <param name="name">A name that is shorter than those made up, for sockets with long ones; no other folder of the run has it. Null makes one up.</param>
    public TestFolder(string? name = null) =>
        Path = Create(System.IO.Path.Combine(Root, Name(Environment.ProcessId), name ?? Guid.NewGuid().ToString("n")[..12])); // short: sockets stand in it

    public string Path { get; }

    /// <summary>The path of a file in the folder.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Deletes what processes that run no more have left, and this one's own folder if nothing is in it.</summary>
    /// <param name="root">Where to look; null for where folders of tests stand.</param>
    /// <returns>The names that are left.</returns>
    public static IReadOnlyList<string> Sweep(string? root = null)
    {
        root ??= Root;
        foreach (var folder in Directories(root))
        {
            var process = System.IO.Path.GetFileName(folder);
            if (process == Name(Environment.ProcessId) ? !Directory.EnumerateFileSystemEntries(folder).Any() : !Runs(process))
            {
                Delete(folder, recursive: true);
            }
        }

        string[] left = [.. Directories(root).Select(folder => System.IO.Path.GetFileName(folder))];
        if (left.Length == 0)
        {
            Delete(root, recursive: false);
        }

        return left;
    }

    private static string Create(string path)
    {
        while (true)
        {
            try
            {
                return Directory.CreateDirectory(path).FullName;
            }
            catch (DirectoryNotFoundException)
            {
                // Between its steps another run has swept away what was still empty.
            }
        }
    }

    private static void Delete(string folder, bool recursive)
    {
        try
        {
            Directory.Delete(folder, recursive);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another run sweeps or begins as well, or it is another user's.
        }
    }

    private static string[] Directories(string root)
    {
        try
        {
            return Directory.GetDirectories(root);
        }
        catch (DirectoryNotFoundException)
        {
            return []; // never there, or swept away by another run
        }
    }

    private static string Name(int process) => process.ToString(CultureInfo.InvariantCulture);

    private static bool Runs(string name)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(name, CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return false;
        }
    }
}
