namespace Channels.Benchmarks;

/// <summary>Where the repository lies, found from the running program or the current directory upwards.</summary>
internal static class Repository
{
    private const string Marker = "channels.sln";

    internal static string Root { get; } = Find(AppContext.BaseDirectory) ?? Find(Environment.CurrentDirectory)
        ?? throw new DirectoryNotFoundException($"No folder above holds {Marker}; run from inside the repository.");

    internal static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string? Find(string? folder)
    {
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, Marker))) folder = System.IO.Path.GetDirectoryName(folder);
        return folder;
    }
}
