using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

/// <summary>How long communicators wait where neither the test nor the call says it.</summary>
public sealed class DefaultTimeoutTests
{
    [Test]
    public void It_is_five_seconds_unless_the_run_sets_another() =>
        Assert.That((DefaultTimeout.Of(null), DefaultTimeout.Of("90"), DefaultTimeout.Of("0.5")), Is.EqualTo((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(0.5))));

    [Test]
    public void This_run_waits_as_long_as_its_own_helpers_do() => Assert.That(DefaultTimeout.Get(), Is.EqualTo(Eventually.Patience));

    [TestCase("")]
    [TestCase("soon")]
    [TestCase("0")]
    [TestCase("-5")]
    [TestCase("90000")]
    [TestCase("00:01:00")]
    public void What_is_no_number_of_seconds_is_refused_by_its_name(string value) =>
        Assert.That(() => DefaultTimeout.Of(value), Throws.InvalidOperationException.With.Message.Contains($"'{DefaultTimeout.Setting}' is '{value}'"));
}
