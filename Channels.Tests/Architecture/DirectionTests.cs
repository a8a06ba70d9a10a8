using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>Who may see whom, between projects and between the rooms of each: read from compiled code, without exemptions.</summary>
public sealed class DirectionTests
{
    // Lowest first; rooms on one level stand beside each other.
    private static readonly Dictionary<string, string[][]> Levels = new()
    {
        ["Channels.Core"] =
        [
            ["Diagnostics", "Events"], ["Options"], ["Connections"], ["Scopes"], ["Protocols"], ["Messages"], ["Applications"], ["Http", "Security"], ["Delivery"],
            ["Layers"], ["History", "Requests", "State", "Users"], ["Presence"], ["Consumers"], ["Workers"], ["Hosting"],
        ],
        ["Channels.Routing"] = [[""]],
        ["Channels.Kestrel"] = [["Options"], ["Connections"], ["Http", "WebSockets"], ["Hosting"]],
        ["Channels.AspNetCore"] = [["Contexts"], ["Mounting", "Sites"], ["Sessions"], ["Login"], ["Limits"]],
        ["Channels.Layers.Redis"] = [["Options"], ["Connections"], ["Codecs"], ["Layer"], ["History"], ["Core", "PubSub"], ["Jobs", "Presence", "State"], ["Hosting"]],
        ["Channels.SocketIO"] = [["Engine"], ["Packets"], ["Connections"], ["Rooms"], ["Recovery"], ["Consumers"], ["Admin"], ["Hosting"]],
        ["Channels.SocketRouter"] = [["Wire", "Options"], ["Routes"], ["Requests"], ["Topics"], ["Consumers", "Contract"], ["Hosting"]],
        ["Channels.Testing"] = [[""]],
    };

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Projects_reference_only_what_lies_below_them(string name)
    {
        var ours = Libraries.Load(name).GetReferencedAssemblies().Select(a => a.Name!).Where(a => a.StartsWith("Channels.", StringComparison.Ordinal));
        Assert.That(ours, Is.SubsetOf(Libraries.MaySee[name]));
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.WithoutAspNetCore))]
    [Proves("E-113")]
    public void No_aspnet_type_outside_the_server(string name)
    {
        var references = Libraries.Load(name).GetReferencedAssemblies().Select(a => a.Name);
        Assert.That(references, Has.None.StartsWith("Microsoft.AspNetCore"), "a worker must run on the base runtime alone");
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Every_folder_is_a_room_of_the_list(string name) => Assert.That(new Rooms(name, Levels[name]).Strange, Is.Empty);

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Every_type_stands_in_a_room(string name) => Assert.That(new Rooms(name, Levels[name]).Homeless, Is.Empty);

    [TestCase("Channels.Core")]
    [TestCase("Channels.Kestrel")]
    [TestCase("Channels.Layers.Redis")]
    public void A_house_upside_down_would_be_noticed(string name) => Assert.That(new Rooms(name, [.. Levels[name].Reverse()]).Upward(), Is.Not.Empty);

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Rooms_look_only_downwards(string name) => Assert.That(new Rooms(name, Levels[name]).Upward(), Is.Empty);
}
