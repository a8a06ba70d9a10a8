using System.Reflection;

namespace Channels.Tests.Architecture;

/// <summary>The shipped assemblies and who may see whom.</summary>
internal static class Libraries
{
    /// <summary>Every library with the libraries of ours it may reference.</summary>
    public static IReadOnlyDictionary<string, string[]> MaySee { get; } = new Dictionary<string, string[]>
    {
        ["Channels.Core"] = [],
        ["Channels.Routing"] = ["Channels.Core"],
        ["Channels.Kestrel"] = ["Channels.Core"],
        ["Channels.AspNetCore"] = ["Channels.Core", "Channels.Kestrel"],
        ["Channels.Layers.Redis"] = ["Channels.Core"],
        ["Channels.SocketIO"] = ["Channels.Core"],
        ["Channels.SocketRouter"] = ["Channels.Core"],
        ["Channels.Testing"] = ["Channels.Core", "Channels.Kestrel"],
    };

    /// <summary>Those that run without ASP.NET Core.</summary>
    public static string[] WithoutAspNetCore { get; } = ["Channels.Core", "Channels.Routing", "Channels.Layers.Redis", "Channels.SocketIO", "Channels.SocketRouter"];

    public static IEnumerable<string> Names => MaySee.Keys;

    public static Assembly Load(string name) => Assembly.Load(name);

    public static bool IsCompilerGenerated(Type type) =>
        type.Name.Contains('<', StringComparison.Ordinal) || type.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), false)
        || (type.DeclaringType is { } outer && IsCompilerGenerated(outer));
}
