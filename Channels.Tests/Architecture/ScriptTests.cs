using System.Reflection;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>What strangers say reaches Lua as keys and arguments, never as text of a script.</summary>
public sealed class ScriptTests
{
    [Test]
    [Proves("SEC-59")]
    public void Scripts_are_made_when_their_class_is_first_used_and_never_for_a_call()
    {
        var makers = typeof(RedisScript).Assembly.GetTypes().SelectMany(CodeReferences.MethodsOf)
            .Where(method => CodeReferences.Of(method).OfType<ConstructorInfo>().Any(made => made.DeclaringType == typeof(RedisScript))).ToList();
        Assert.That(makers, Is.Not.Empty);
        Assert.That(makers.Where(maker => maker is not ConstructorInfo { IsStatic: true }).Select(maker => $"{maker.DeclaringType?.Name}.{maker.Name}"), Is.Empty);
    }

    [Test]
    [Proves("SEC-59")]
    public void Text_is_run_as_a_script_in_one_place() =>
        Assert.That(
            typeof(RedisScript).Assembly.GetTypes().Where(type => CodeReferences.MethodsOf(type).SelectMany(CodeReferences.Of).OfType<MethodInfo>().Any(called => called.Name.StartsWith("ScriptEvaluate", StringComparison.Ordinal)))
                .Select(type => (type.DeclaringType ?? type).Name).Distinct(),
            Is.EqualTo(new[] { nameof(RedisScript) }));
}
