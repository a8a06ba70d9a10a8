using Channels.Tests.Support;

namespace Channels.Tests.Layers;

public sealed class ChannelNamesTests
{
    [TestCase("chat", true, true)]
    [TestCase("a", true, true)]
    [TestCase("A-Z_0.9", true, true)]
    [TestCase("a!b", false, true)]
    [TestCase("a!", false, true)]
    [TestCase("!b", false, false)]
    [TestCase("a!b!c", false, false)]
    [TestCase("a b", false, false)]
    [TestCase("a?b", false, false)]
    [TestCase("", false, false)]
    [TestCase(null, false, false)]
    [TestCase("¯\\_(ツ)_/¯", false, false)]
    [TestCase("chat\n", false, false)]
    [TestCase("a!b\n", false, false)]
    [TestCase("a\0", false, false)]
    [TestCase("٣", false, false)]
    [TestCase("a!é", false, false)]
    [TestCase("a*", false, false)]
    [TestCase("[a]", false, false)]
    [TestCase("{a}", false, false)]
    [TestCase("a:b", false, false)]
    [Proves("C-LAYER-01", "C-LAYER-04", "SEC-51")]
    public void The_table_of_names(string? name, bool group, bool channel)
    {
        Assert.That(ChannelNames.IsGroup(name), Is.EqualTo(group));
        Assert.That(ChannelNames.IsChannel(name), Is.EqualTo(channel));
    }

    [TestCase(99, true)]
    [TestCase(100, false)]
    [TestCase(101, false)]
    [TestCase(400, false)]
    [Proves("C-LAYER-03")]
    public void Of_names_99_characters_are_the_most(int length, bool valid)
    {
        var name = new string('a', length);
        Assert.That((ChannelNames.IsGroup(name), ChannelNames.IsChannel(name)), Is.EqualTo((valid, valid)));
        Assert.That(ChannelNames.IsChannel(name[..^2] + "!a"), Is.EqualTo(valid));
    }

    [Test]
    [Proves("C-LAYER-02")]
    public void The_error_names_the_kind_and_the_rule()
    {
        var name = new string('a', 101);
        Assert.That(() => ChannelNames.ThrowIfNotGroup(name), Throws.InstanceOf<ArgumentException>().With.Message.Contains("not a valid group name").And.Message.Contains("1 to 99"));
        Assert.That(() => ChannelNames.ThrowIfNotChannel(name), Throws.InstanceOf<ArgumentException>().With.Message.Contains("not a valid channel name"));
        Assert.That(() => ChannelNames.ThrowIfNotGroup("a\u0007b"), Throws.InstanceOf<ArgumentException>().With.Message.Contains("\\u0007"), "escaped");
    }

    [TestCase("a!b", "a!")]
    [TestCase("a!", "a!")]
    [TestCase("abc", "abc")]
    public void The_process_part_ends_with_the_mark(string name, string part) => Assert.That(ChannelNames.NonLocalPart(name), Is.EqualTo(part));
}
